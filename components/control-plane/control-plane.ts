import * as pulumi from "@pulumi/pulumi";
import { checkedHosts, inputsOf } from "../../host/argument";
import { hostInputs } from "../../host/host";
import { refuse } from "../../host/refusal";
import type { ControlPlaneArgs } from "./args";
import { authorityOf } from "./authority";
import { podNetwork } from "./cni";
import { defaults } from "./defaults";
import { refusals } from "./refusals";
import { ControlPlaneSteps, inTurn } from "./steps";

/**
 * A highly available Kubernetes control plane made by kubeadm. It is there when every node is Ready, etcd has one started
 * voter per master, and each API server says so itself.
 *
 * @example
 * ```ts
 * import { ControlPlane, sshHost } from "kube-control";
 *
 * const login = { user: "ops", privateKeyFile: "~/.ssh/id_ed25519", knownHostsFile: "~/.ssh/known_hosts" };
 * const controlPlane = new ControlPlane("kubernetes", {
 *   endpoint: "kube-control.example.com",
 *   nodes: [
 *     sshHost({ ...login, name: "k8s-master1", address: "192.0.2.11" }),
 *     sshHost({ ...login, name: "k8s-master2", address: "192.0.2.12" }),
 *     sshHost({ ...login, name: "k8s-master3", address: "192.0.2.13" }),
 *   ],
 *   certificateNames: ["192.0.2.10"],
 *   version: "v1.37.2",
 * });
 *
 * export const { kubeconfig } = controlPlane;
 * ```
 *
 * @throws ResourceError if there is no master, if an address is not an IPv4 address, or if the pod network's manifest
 * cannot be applied.
 */
export class ControlPlane extends pulumi.ComponentResource {
  /** The administrator's kubeconfig, whose server is the endpoint (a secret). */
  readonly kubeconfig: pulumi.Output<string>;
  /** The certificate authority of the API servers, in PEM. It is public. */
  readonly certificateAuthority: pulumi.Output<string>;

  constructor(name: string, args: ControlPlaneArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:ControlPlane", name, planeInputs(args), opts);
    refuse(this, name, refusals(args));
    const masters = checkedHosts(this, `${name}.nodes`, args.nodes);
    const workers = checkedHosts(this, `${name}.workers`, args.workers ?? []);
    const [first, ...others] = masters;
    if (first === undefined) {
      throw new Error("a control plane without a node was not refused: a defect of refusals.ts");
    }
    const network = podNetwork(args.cni ?? { name: defaults.cni });
    const steps = new ControlPlaneSteps(this, name, args, masters, workers);

    // in a chain, so that nodes leave one by one and the first master last: etcd's majority is never taken at once
    inTurn([...masters, ...workers], [], (host, after) => steps.membership(host, after));
    const prepared = masters.map((host) => steps.prepare(host));
    workers.forEach((host) => steps.prepare(host));
    // after the preparation of all masters: what cannot become one is found out before there is a cluster
    const init = steps.initialise(first, prepared);
    const cni = network === undefined ? [] : [steps.applyNetwork(network, [init])];
    // etcd admits one new member at a time
    const joins = inTurn(others, [init], (host, after) => steps.join(host, "master", after));
    const workerJoins = workers.map((host) => steps.join(host, "worker", [init, ...joins]));
    steps.waitUntilReady(network !== undefined, [init, ...joins, ...workerJoins, ...cni]);

    // as soon as there is one, so that a cluster that does not become ready can be looked into
    this.kubeconfig = steps.readKubeconfig([init]).stdout;
    this.certificateAuthority = pulumi.unsecret(this.kubeconfig.apply(authorityOf));
    this.registerOutputs({ kubeconfig: this.kubeconfig, certificateAuthority: this.certificateAuthority });
  }
}

/** The arguments as the component's inputs in the state. The manifest's path is another one for each operator. */
function planeInputs(args: ControlPlaneArgs): pulumi.Inputs {
  const { nodes, workers = [], cni } = args;
  return {
    ...inputsOf(args, ["endpoint", "port", "certificateNames", "version", "podSubnet", "serviceSubnet", "repository"]),
    ...inputsOf(args, ["imageRepository", "kubelet", "kubeProxy", "containerd", "encryptionAtRest", "etcd"]),
    ...inputsOf(args, ["shutdownDelay"]),
    nodes: nodes.map(hostInputs),
    workers: workers.map(hostInputs),
    cni: cni && { name: cni.name },
  };
}
