import { readFileSync } from "node:fs";
import type { DialledHost } from "../host/host";
import { keyscan, knownHostsName, verifyKeys } from "../host/known-hosts";
import { absolutePath } from "../host/path";
import { pinnedKey } from "../host/pinned-key";
import { whyUnreadable } from "../host/readable-file";
import type { Refusal } from "../host/refusal";
import { sshHost } from "../host/ssh-host";
import { whyUnusable } from "./addresses";
import { machinesOf } from "./machines";
import { keyOf } from "./mistakes";
import { checkPrivateKey } from "./private-key";
import type { StackConfiguration } from "./schema";
import type { Sound } from "./sound";

type Stack = Sound<StackConfiguration>;

/** A host whose key must be in known_hosts. */
interface Known {
  readonly address: string;
  readonly port: number;
  /** Name in messages. */
  readonly title: string;
}

/** The hosts and the jump host, each address once. */
function hostsToKnow(stack: Stack): Known[] {
  const { port, proxyJump } = stack.ssh ?? {};
  const hosts = machinesOf(stack).flatMap(({ address: placed, name = "a host" }) => {
    if (placed === undefined || port === undefined || whyUnusable(placed.address) !== undefined) {
      return [];
    }
    return [known(placed.address.toString(), port, name)];
  });
  const jump =
    proxyJump?.host === undefined || proxyJump.port === undefined
      ? []
      : [known(proxyJump.host, proxyJump.port, "the jump host")];
  const all = [...hosts, ...jump];
  const first = new Map(all.toReversed().map((one) => [knownHostsName(one.address, one.port), one]));
  return all.filter((one) => first.get(knownHostsName(one.address, one.port)) === one);
}

function known(address: string, port: number, name: string): Known {
  return { address, port, title: `${name} (${knownHostsName(address, port)})` };
}

function checkKnownHosts(stack: Stack, given: string): Refusal[] {
  const path = ["ssh", "knownHostsFile"];
  const file = absolutePath(given);
  const hosts = hostsToKnow(stack);
  const unreadable = whyUnreadable(file);
  const scan = (unknown: readonly Known[]) => {
    const ports = [...new Set(unknown.map(({ port }) => port))];
    const lines = ports.map((port) => {
      const addresses = unknown.filter((one) => one.port === port).map(({ address }) => address);
      return `Run \`${keyscan(addresses, port)} >> ${file}\`.`;
    });
    return [...lines, verifyKeys].join("\n");
  };
  if (unreadable !== undefined) {
    return [{ path, what: unreadable, remedy: scan(hosts) }];
  }
  const knownHosts = readFileSync(file, "utf8");
  const verdicts = hosts.flatMap((host) => {
    const pinned = pinnedKey(knownHosts, host.address, host.port);
    return "missing" in pinned ? [{ ...host, missing: pinned.missing }] : [];
  });
  const unknown = verdicts.filter(({ missing }) => missing === "unknown");
  const certified = verdicts.filter(({ missing }) => missing === "certified");
  const revoked = verdicts.filter(({ missing }) => missing === "revoked");
  const titles = (all: readonly Known[]) => all.map(({ title }) => title).join(", ");
  return [
    ...(unknown.length === 0 ? [] : [{ path, what: `contains no key of ${titles(unknown)}`, remedy: scan(unknown) }]),
    ...(certified.length === 0
      ? []
      : [
          {
            path,
            what: `contains only an authority (@cert-authority) for ${titles(certified)}: the command plugin does not check host certificates`,
            remedy: `Add each host's own key, which is pinned. ${scan(certified)}`,
          },
        ]),
    ...revoked.map(({ title }) => ({
      path,
      what: `marks every key of ${title} as revoked`,
      remedy: "Give the host new keys, verify them on its console and add them; do not remove the mark.",
    })),
  ];
}

/** Requires exactly one of key file and agent, because the command plugin uses the agent only without a key. */
function checkLogin({ ssh = {} }: Stack): Refusal[] {
  const { privateKeyFile: file, agent: usesAgent } = ssh;
  const path = ["ssh", "privateKeyFile"];
  if (file !== undefined && usesAgent === true) {
    return [
      {
        path,
        what: "is set together with ssh.agent: true, which uses the keys of the ssh agent",
        remedy: "Remove one of the two.",
      },
    ];
  }
  if (file !== undefined) {
    return checkPrivateKey(file);
  }
  // if the path is invalid, the key exists with the value undefined, and the mistake is already reported
  return usesAgent !== false || "privateKeyFile" in ssh
    ? []
    : [
        {
          path,
          what: "is missing",
          remedy: `Name the private key that logs in on every host, or set ${keyOf(["ssh", "agent"])} to true.`,
        },
      ];
}

/** Mistakes in the SSH settings: the private key's file, and hosts that are not in known_hosts. */
export function checkSsh(stack: Stack): Refusal[] {
  const knownHosts = stack.ssh?.knownHostsFile;
  return [...checkLogin(stack), ...(knownHosts === undefined ? [] : checkKnownHosts(stack, knownHosts))];
}

/** A function that creates hosts from the machines of a checked configuration, each with its pinned key. */
export function hostMaker(ssh: StackConfiguration["ssh"]): (machine: { name: string; address: string }) => DialledHost {
  return ({ name, address }) => sshHost({ ...ssh, name, address });
}
