import * as pulumi from "@pulumi/pulumi";
import { checkedHosts, inputsOf } from "../../host/argument";
import { hostInputs } from "../../host/host";
import { inTurn } from "../../host/in-turn";
import { refuse } from "../../host/refusal";
import { sessionOf } from "../../host/session";
import type { ControlPlaneArgs } from "./args";
import { authorityOf } from "./authority";
import { podNetwork } from "./cni";
import { defaults } from "./defaults";
import { refusals } from "./refusals";
import { ControlPlaneSteps } from "./steps";

/**
 * A highly available Kubernetes control plane, built by kubeadm. It is complete when every node is Ready, etcd has one
 * started voter per master, and `/readyz` of each API server succeeds.
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

    // a chain, so that nodes are removed one after another, the first master last, and etcd keeps its quorum
    inTurn([...masters, ...workers], [], (host, after) => steps.membership(host, after));
    [...masters, ...workers].forEach((host) => steps.readBack(host));
    // running masters are changed one after another
    const areMembers = masters.some((host) => sessionOf(host).isMember);
    const prepared = areMembers
      ? inTurn(masters, [], (host, after) => steps.prepare(host, after))
      : masters.map((host) => steps.prepare(host, []));
    workers.forEach((host) => steps.prepare(host, []));
    const renewals = masters.map((host) => steps.renewCertificates(host));
    // init waits for the preparation of all masters, so that an unsuitable host fails before there is a cluster
    const init = steps.initialise(first, [...prepared, ...renewals]);
    const cni = network === undefined ? [] : [steps.applyNetwork(network, [init])];
    // etcd admits one new member at a time
    const joins = inTurn(others, [init], (host, after) => steps.join(host, "master", after));
    const workerJoins = workers.map((host) => steps.join(host, "worker", [init, ...joins]));
    const members = [init, ...joins];
    const ready = steps.waitUntilReady(network !== undefined, [...members, ...workerJoins, ...cni]);
    const keys = steps.writeMissingKeys([ready]);
    // in a cluster that is ready, masters are updated one after another, then workers
    const { updatesAfter = [], concurrentWorkers = defaults.concurrentWorkers } = args;
    const updates = inTurn(masters, [ready, ...keys, ...updatesAfter], (host, after) => steps.update(host, after));
    // the updated API servers reload their keys
    steps.rotateKey(updates);
    const workerUpdates = inTurn(workers, updates, (host, after) => steps.update(host, after), concurrentWorkers);
    steps.recordVersion([...updates, ...workerUpdates]);

    // does not wait for the joins, so that the user can inspect a cluster that does not become ready
    this.kubeconfig = steps.readKubeconfig([init]).kubeconfig;
    this.certificateAuthority = pulumi.unsecret(this.kubeconfig.apply(authorityOf));
    this.registerOutputs({ kubeconfig: this.kubeconfig, certificateAuthority: this.certificateAuthority });
  }
}

/** The component's inputs in the state. They omit the paths of files, which differ between operators. */
function planeInputs(args: ControlPlaneArgs): pulumi.Inputs {
  const { nodes, workers = [], cni, apiServer } = args;
  return {
    ...inputsOf(args, ["endpoint", "port", "certificateNames", "version", "podSubnet", "serviceSubnet", "repository"]),
    ...inputsOf(args, ["imageRepository", "kubelet", "kubeProxy", "containerd", "encryptionAtRest", "etcd"]),
    ...inputsOf(args, ["shutdownDelay", "drainTimeout", "concurrentWorkers", "certificateValidity"]),
    ...inputsOf(args, ["encryptionKeyGeneration", "controllerManager", "scheduler"]),
    apiServer: apiServer && {
      ...inputsOf(apiServer, ["extraArgs", "extraEnvs", "extraVolumes"]),
      audit: apiServer.audit && inputsOf(apiServer.audit, ["enabled", "log"]),
    },
    nodes: nodes.map(hostInputs),
    workers: workers.map(hostInputs),
    cni: cni && { name: cni.name },
  };
}
