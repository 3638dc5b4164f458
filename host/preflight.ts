import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "./error";
import type { Host } from "./host";
import {
  crossFindings,
  hostFindings,
  parseClocks,
  parseFacts,
  type Expectation,
  type Role,
} from "./preflight-findings";
import { acrossHostsScript, hostScript } from "./script";

const script = readFileSync(join(__dirname, "preflight.sh"), "utf8");
const clocksScript = readFileSync(join(__dirname, "preflight-clocks.sh"), "utf8");

export interface PreflightArgs {
  readonly masters: readonly Host[];
  /** Default: none. */
  readonly workers?: readonly Host[];
  /** Default: none. */
  readonly loadBalancers?: readonly Host[];
  readonly monitor?: Host;
  /** TCP port of the API servers and of the load balancers. Default: 6443. */
  readonly endpointPort?: number;
  /** UDP port on which the monitor will hear the NAS. */
  readonly logPort?: number;
  /** Swap may be on (kubelet's `failSwapOn` is false). Default: false. */
  readonly swapAllowed?: boolean;
}

/**
 * Looks at every host at once, before anything is changed on any; with findings, all of them are reported together and
 * nothing else happens. Whatever changes hosts depends on it. A stack that stands is looked at again only when the checks
 * themselves or the hosts change, and what it runs then is no finding.
 */
export class Preflight extends pulumi.ComponentResource {
  constructor(name: string, args: PreflightArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:Preflight", name, {}, opts);

    const child = (options: pulumi.CustomResourceOptions) => ({ ...options, parent: this });
    const hosts = expectations(args);
    const facts = hosts.map((one) => look(one));
    const clocks = compareClocks();
    pass();
    this.registerOutputs({});

    function look({ host, tcpPorts, udpPorts }: Looked): command.remote.Command {
      return hostScript(
        `${name}-${host.name}`,
        {
          host,
          step: "preflight",
          script,
          variables: { TCP_PORTS: Object.keys(tcpPorts).join(" "), UDP_PORTS: Object.keys(udpPorts).join(" ") },
          patience: "boot",
          lock: false,
          timeoutSeconds: 60,
        },
        child({}),
      );
    }

    function compareClocks(): command.local.Command {
      return acrossHostsScript(
        `${name}-clocks`,
        {
          step: "compare the clocks",
          about: name,
          hosts: hosts.map(({ host }) => host),
          script: clocksScript,
          timeoutSeconds: 60,
        },
        child({ dependsOn: facts }),
      );
    }

    /** A resource, so that others can depend on there having been no findings. */
    function pass(): command.local.Command {
      const verdict = pulumi.all([pulumi.all(facts.map((one) => one.stdout)), clocks.stdout]).apply(([seen, times]) => {
        const known = Object.fromEntries(hosts.map(({ host }, i) => [host.name, parseFacts(seen[i] ?? "")]));
        const findings = [
          ...hosts.flatMap((one) =>
            hostFindings(one, known[one.name] ?? {}, { swapAllowed: args.swapAllowed ?? false }),
          ),
          ...crossFindings(known, parseClocks(times)),
        ];
        if (findings.length > 0) {
          throw new UserError(["the hosts are not ready; nothing was changed:", ...findings].join("\n  - "));
        }
        return "no findings";
      });
      return acrossHostsScript(
        `${name}-passed`,
        {
          step: "preflight",
          about: name,
          hosts: hosts.map(({ host }) => host),
          script: 'create() { say "$VERDICT"; }\n',
          variables: { VERDICT: verdict },
        },
        child({}),
      );
    }
  }
}

type Looked = Expectation & { readonly host: Host };

/** What each host has to bear; a host may have more than one role. */
function expectations(args: PreflightArgs): Looked[] {
  const endpointPort = args.endpointPort ?? 6443;
  const all = new Map<string, Looked>();
  const expect = (
    host: Host | undefined,
    role: Role,
    tcpPorts: Expectation["tcpPorts"],
    udpPorts: Expectation["udpPorts"] = {},
  ) => {
    if (host !== undefined) {
      const known = all.get(host.name);
      all.set(host.name, {
        host,
        name: host.name,
        address: host.address,
        roles: [...(known?.roles ?? []), role],
        tcpPorts: { ...known?.tcpPorts, ...tcpPorts },
        udpPorts: { ...known?.udpPorts, ...udpPorts },
      });
    }
  };
  for (const host of args.masters) {
    expect(host, "master", {
      [endpointPort]: ["kube-apiserver"],
      2379: ["etcd"],
      2380: ["etcd"],
      10250: ["kubelet"],
      10257: ["kube-controller", "kube-controller-manager"],
      10259: ["kube-scheduler"],
    });
  }
  for (const host of args.workers ?? []) {
    expect(host, "worker", { 10250: ["kubelet"] });
  }
  for (const host of args.loadBalancers ?? []) {
    expect(host, "load balancer", { [endpointPort]: ["haproxy"] });
  }
  expect(args.monitor, "monitor", {}, args.logPort === undefined ? {} : { [args.logPort]: ["docker-proxy"] });
  return [...all.values()];
}
