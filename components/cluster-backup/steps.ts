import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { dialled, type Host } from "../../host/host";
import { readHost } from "../../host/host-state";
import { knownHostsLine } from "../../host/known-hosts";
import { acrossHostsScript, hostScript, outputOf } from "../../host/script";
import type { ClusterBackupArgs, S3BucketArgs } from "./args";
import { defaults } from "./defaults";
import { bucketUrl } from "./s3";
import { programs, scripts } from "./scripts";
import { authorizedKeys, publicKeyIn, serviceUnit, timerUnit, uploadServiceUnit, uploadTimerUnit } from "./units";

type Resources = readonly pulumi.Resource[];

interface RemovalArgs {
  readonly step: string;
  readonly script: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The steps of a backup on its hosts, each a child of the component. */
export class BackupSteps {
  private readonly cluster: pulumi.Output<string>;
  private readonly keep: number;
  private readonly keys = new Map<Host, pulumi.Output<string | undefined>>();

  constructor(
    private readonly parent: pulumi.ComponentResource,
    private readonly name: string,
    private readonly args: ClusterBackupArgs,
    /** The component's dependencies, which its children do not inherit. */
    private readonly opts: pulumi.CustomResourceOptions,
  ) {
    this.cluster = pulumi.output(args.cluster);
    this.keep = args.keep ?? defaults.keep;
  }

  /** Registers the checks of all hosts. Call it before the steps that correct the differences. */
  readBack(): void {
    this.args.masters.forEach((host, index) => {
      const checks = [{ what: "backup", ...this.ofMaster(host, index) }];
      readHost(`${this.name}-${host.name}-state`, host, checks, { parent: this.parent });
    });
  }

  /** Registers the check of the host of the copies. It compares the masters' keys, so the steps that make them come first. */
  readBackCopies(): void {
    const { copyTo, s3 } = this.args;
    const uploads = s3 === undefined ? [] : [{ what: "uploads of backups", ...this.ofUploads(s3) }];
    const checks = [{ what: "copies of backups", ...this.ofCopies }, ...uploads];
    readHost(`${this.name}-${copyTo.name}-state`, copyTo, checks, { parent: this.parent });
  }

  /** Deleting this step ends the backup on the master. */
  removeFrom(host: Host, after: Resources): command.local.Command {
    const args = { step: "end the backup", script: scripts.removal, variables: { NODE: host.name } };
    return this.removal(`${host.name}-removal`, host, args, after);
  }

  /** Deleting this step ends the masters' access to the host of the copies. */
  removeAccess(): command.local.Command {
    const { copyTo } = this.args;
    const args = { step: "end the access for copies", script: scripts.copiesRemoval, variables: { HOST: copyTo.name } };
    return this.removal(`copies-removal-${copyTo.name}`, copyTo, args, []);
  }

  /** Deleting this step ends the uploads, and removes the access key from the host of the copies. */
  removeUploads(after: Resources): command.local.Command {
    const { copyTo } = this.args;
    const args = {
      step: "end the uploads of backups",
      script: scripts.uploadsRemoval,
      variables: { HOST: copyTo.name },
    };
    return this.removal(`uploads-removal-${copyTo.name}`, copyTo, args, after);
  }

  /** A step whose deletion cleans a host up. It is created before the host is changed. */
  private removal(what: string, host: Host, args: RemovalArgs, after: Resources): command.local.Command {
    return acrossHostsScript(
      `${this.name}-${what}`,
      {
        ...args,
        about: host.name,
        hosts: [host],
        variables: { ...args.variables, CLUSTER: this.cluster },
        deletes: true,
        timeoutSeconds: 500,
        triggers: [host.address],
      },
      this.child({ deleteBeforeReplace: true, dependsOn: [...after] }),
    );
  }

  /** The key never leaves the master: the step prints its public part. */
  makeKey(host: Host, after: Resources): command.remote.Command {
    const made = hostScript(
      `${this.name}-${host.name}-key`,
      { host, step: "make the key for copies", script: scripts.key, triggers: [host.address] },
      this.child({ dependsOn: [...after] }),
    );
    this.keys.set(host, outputOf(made).apply(publicKeyIn));
    return made;
  }

  prepareCopies(after: Resources): command.remote.Command {
    const { copyTo } = this.args;
    return hostScript(
      `${this.name}-copies-${copyTo.name}`,
      { host: copyTo, step: "prepare for copies of backups", ...this.ofCopies, triggers: [copyTo.address] },
      this.child({ dependsOn: [...after] }),
    );
  }

  setUp(host: Host, after: Resources): command.remote.Command {
    return hostScript(
      `${this.name}-${host.name}`,
      {
        host,
        step: "set up the backup",
        ...this.ofMaster(host, this.args.masters.indexOf(host)),
        timeoutSeconds: 3600,
        triggers: [host.address],
      },
      this.child({ dependsOn: [...after] }),
    );
  }

  /** Uploads the newest archive, so that a mistake shows at once. */
  setUpUploads(s3: S3BucketArgs, after: Resources): command.remote.Command {
    const { copyTo } = this.args;
    return hostScript(
      `${this.name}-uploads-${copyTo.name}`,
      {
        host: copyTo,
        step: "set up the uploads of backups",
        ...this.ofUploads(s3),
        timeoutSeconds: 3600,
        triggers: [copyTo.address],
      },
      this.child({ dependsOn: [...after] }),
    );
  }

  private ofUploads(s3: S3BucketArgs) {
    const { region = defaults.region, accessKeyId, secretAccessKey } = s3;
    const url = bucketUrl(s3);
    return {
      script: scripts.uploads,
      variables: {
        PROGRAM: programs.upload,
        SERVICE_UNIT: this.cluster.apply((cluster) => uploadServiceUnit(cluster, url, region)),
        TIMER_UNIT: uploadTimerUnit,
        URL: url,
        REGION: region,
        ACCESS_KEY_ID: accessKeyId,
      },
      secrets: { SECRET_ACCESS_KEY: secretAccessKey },
    };
  }

  private get ofCopies() {
    const { masters } = this.args;
    const keys = pulumi.all(masters.map((host) => this.keys.get(host) ?? pulumi.output(undefined)));
    return {
      script: scripts.copies,
      variables: {
        NODES: masters.map(({ name }) => name).join(" "),
        AUTHORIZED_KEYS: pulumi.all([this.cluster, keys]).apply(([cluster, all]) =>
          authorizedKeys(
            cluster,
            masters.map(({ name }, index) => ({ node: name, key: all[index] })),
            this.keep,
          ),
        ),
        PROGRAM: programs.receive,
      },
    };
  }

  private ofMaster(host: Host, index: number) {
    const { masters, recipients, copyTo, intervalHours = defaults.intervalHours } = this.args;
    const place = dialled(copyTo).apply(({ address, ssh: { port, hostKey } }) => ({ address, port, hostKey }));
    return {
      script: scripts.master,
      variables: {
        NODE: host.name,
        PROGRAM: programs.backup,
        SERVICE_UNIT: pulumi
          .all([this.cluster, place])
          .apply(([cluster, to]) => serviceUnit({ node: host.name, cluster, keep: this.keep, recipients, copyTo: to })),
        TIMER_UNIT: timerUnit(index, masters.length, intervalHours),
        KNOWN_HOSTS: place.apply(({ address, ...pin }) => knownHostsLine(address, pin)),
      },
    };
  }

  private child(opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
    return pulumi.mergeOptions({ ...opts, parent: this.parent }, this.opts);
  }
}
