import * as pulumi from "@pulumi/pulumi";
import { checkedHosts, inputsOf } from "../../host/argument";
import { hostInputs } from "../../host/host";
import { inTurn } from "../../host/in-turn";
import { refuse } from "../../host/refusal";
import type { ClusterBackupArgs } from "./args";
import { refusals } from "./refusals";
import { BackupSteps } from "./steps";

/**
 * Backups of a cluster. A timer on each master makes encrypted archives with etcd's data and everything else that a rebuild needs,
 * and copies them to another host. That host can also upload them to a bucket. The component is complete when each master has made
 * an archive, and when the newest one is in the bucket.
 *
 * A deletion ends the backups. The archives, their copies and the objects in a bucket stay.
 *
 * @example
 * ```ts
 * import { ClusterBackup, sshHost } from "kube-control";
 *
 * const login = { user: "ops", privateKeyFile: "~/.ssh/id_ed25519", knownHostsFile: "~/.ssh/known_hosts" };
 * const backup = new ClusterBackup("backup", {
 *   masters: [sshHost({ ...login, name: "k8s-master1", address: "192.0.2.11" })],
 *   cluster: "kube-control.example.com:6443",
 *   recipients: ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"],
 *   copyTo: sshHost({ ...login, name: "monitor", address: "192.0.2.60" }),
 * });
 *
 * export const { copies } = backup;
 * ```
 *
 * @throws ResourceError if there is no master or no public key, if a public key is not one of age, if the host of the copies is a
 * master, if a number is out of range, if a name or URL of the bucket is not valid, or if an address is not an IPv4 address
 */
export class ClusterBackup extends pulumi.ComponentResource {
  /** Name of the host of the copies, once each master has made an archive. */
  readonly copies: pulumi.Output<string>;

  constructor(name: string, args: ClusterBackupArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("kube-control:index:ClusterBackup", name, backupInputs(args), opts);
    refuse(this, name, refusals(args));
    const masters = checkedHosts(this, `${name}.masters`, args.masters);
    const [copyTo = args.copyTo] = checkedHosts(this, `${name}.copyTo`, [args.copyTo]);
    const steps = new BackupSteps(this, name, { ...args, masters, copyTo }, { dependsOn: opts.dependsOn });

    steps.readBack();
    const access = steps.removeAccess();
    // deleted before the access to the host of the copies, and before the owner of the copies
    const uploadsRemoval = args.s3 === undefined ? [] : [steps.removeUploads([access])];
    const removals = masters.map((host) => steps.removeFrom(host, [access]));
    const keys = masters.map((host) => steps.makeKey(host, removals));
    steps.readBackCopies();
    const prepared = steps.prepareCopies([access, ...keys]);
    // one after another: each makes its first archive, and a snapshot slows etcd down
    const setUp = inTurn(masters, [prepared], (host, after) => steps.setUp(host, after));

    const uploads = args.s3 === undefined ? [] : [steps.setUpUploads(args.s3, [...uploadsRemoval, ...setUp])];

    this.copies = pulumi.all([...setUp, ...uploads].map((step) => step.id)).apply(() => copyTo.name);
    this.registerOutputs({ copies: this.copies });
  }
}

/** The component's inputs in the state. */
function backupInputs(args: ClusterBackupArgs): pulumi.Inputs {
  return {
    ...inputsOf(args, ["cluster", "recipients", "keep", "intervalHours"]),
    masters: args.masters.map(hostInputs),
    copyTo: hostInputs(args.copyTo),
    s3: args.s3 && { ...args.s3, secretAccessKey: pulumi.secret(args.s3.secretAccessKey) },
  };
}
