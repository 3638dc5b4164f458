import { defaults as controlPlane } from "../components/control-plane/defaults";
import { refusals as controlPlaneRefusals } from "../components/control-plane/refusals";
import { defaults as haproxyPair } from "../components/haproxy-pair/defaults";
import { refusals as pairRefusals } from "../components/haproxy-pair/refusals";
import type { Refusal } from "../host/refusal";
import { keyOf } from "./mistakes";
import type { StackConfiguration } from "./schema";
import { defaultPriority } from "./sections/machines";
import type { Sound } from "./sound";

type Stack = Sound<StackConfiguration>;

function checkMasters({ masters }: Stack): Refusal[] {
  const refused = controlPlaneRefusals({ nodes: masters }).map((refusal) => ({ ...refusal, path: ["masters"] }));
  const count = masters?.length ?? 0;
  return count === 0 || count % 2 === 1
    ? refused
    : [
        {
          path: ["masters"],
          what: `lists ${count} masters, an even number: ${count} etcd members survive no more failures than ${count - 1}`,
          remedy: `List ${count - 1} or ${count + 1}.`,
        },
      ];
}

function checkLoadBalancers({ loadBalancers }: Stack): Refusal[] {
  const nodes = loadBalancers?.map((node = {}, index) => ({
    // an invalid priority is undefined, and is not compared
    priority: "priority" in node ? node.priority : defaultPriority(index),
  }));
  const pathOf = ([, ...rest]: readonly PropertyKey[]) => ["loadBalancers", ...rest];
  return pairRefusals({ nodes }, (path) => keyOf(pathOf(path))).map((refusal) => ({
    ...refusal,
    path: pathOf(refusal.path),
  }));
}

function checkAdverts({ virtualIp = {} }: Stack): Refusal[] {
  const { vrrpVersion, advertInterval: value } = virtualIp;
  const path = ["virtualIp", "advertInterval"];
  const usual = haproxyPair.advertInterval[3];
  if (value === undefined || vrrpVersion === undefined) {
    return [];
  }
  if (vrrpVersion === 2) {
    return Number.isInteger(value) && value >= 1 && value <= 255
      ? []
      : [
          {
            path,
            what: "is not whole seconds from 1 to 255, which is all that VRRP version 2 can express",
            remedy: `Set it to whole seconds, or choose ${keyOf(["virtualIp", "vrrpVersion"])} 3, which accepts ${usual}.`,
          },
        ];
  }
  const hundredths = value * 100;
  return value >= 0.01 && value <= 40.95 && Math.abs(hundredths - Math.round(hundredths)) < 1e-6
    ? []
    : [
        {
          path,
          what: "is not seconds from 0.01 to 40.95 in hundredths, which is what VRRP version 3 can express",
          remedy: `Set it to a number of seconds, e.g. ${usual}; 0.1 is safer if hosts share their processors with others.`,
        },
      ];
}

/**
 * etcd does not start if the election timeout is less than five heartbeats.
 *
 * @see https://etcd.io/docs/v3.6/tuning/
 */
function checkElection({ kubernetes }: Stack): Refusal[] {
  const { heartbeatInterval: heartbeat, electionTimeout: election } = kubernetes?.etcd ?? {};
  const usual = controlPlane.etcd;
  return heartbeat === undefined || election === undefined || election >= 5 * heartbeat
    ? []
    : [
        {
          path: ["kubernetes", "etcd", "electionTimeout"],
          what: `is less than five times ${keyOf(["kubernetes", "etcd", "heartbeatInterval"])}, ${heartbeat}: etcd does not start`,
          remedy:
            `Set it to ${5 * heartbeat} or more, or choose a shorter heartbeat. ${usual.heartbeatInterval} and ` +
            `${usual.electionTimeout} suit members of one site, 100 and 1000 are etcd's own.`,
        },
      ];
}

/** Mistakes with which the cluster would not survive a failure: numbers of hosts, priorities and timers. */
export function checkRedundancy(stack: Stack): Refusal[] {
  return [checkMasters, checkLoadBalancers, checkAdverts, checkElection].flatMap((check) => check(stack));
}
