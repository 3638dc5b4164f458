import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Host, SshAccess } from "./host";

/** A step on a host, with a digest of its inputs. */
export interface RecordedStep {
  /** Name of the resource. */
  readonly name: string;
  /** SHA-256 of the step's inputs. It is a secret if an input is. */
  readonly digest: pulumi.Output<string>;
  readonly resource: pulumi.Resource;
}

/**
 * One host in one run of the program: whether it answers, and its steps. A step of a host that does not answer is
 * registered without changes. The state keeps its old inputs, so that the next `up` runs the step.
 */
export class HostSession {
  private readonly recorded: RecordedStep[] = [];
  private silence: string | undefined;
  /** The name of the node that the host still is, if its name or role changes and the change was confirmed. */
  formerName = "";

  /**
   * Resources that check the host after it was cleaned up. Steps that clean it up depend on them, to be deleted before.
   */
  leftovers: readonly pulumi.Resource[] = [];

  /** SSH's error, if the host does not answer. */
  get unreachable(): string | undefined {
    return this.silence;
  }

  /** Must be called before a step of the host is registered. */
  markUnreachable(said: string): void {
    this.silence = said;
  }

  /** The host is a node of the running cluster, as far as this run has asked it. */
  isMember = false;

  /** SHA-256 of the cluster's certificate authority on the host (/etc/kubernetes/pki/ca.crt), as far as this run has read it. */
  authority = "";

  /** Raised when a step of the host has to run again: the sum of those that were added so far, 0 if there are none. */
  private generations: pulumi.Output<number>[] = [];

  get generation(): pulumi.Output<number> {
    return pulumi.all(this.generations).apply((all) => all.reduce((sum, one) => sum + one, 0));
  }

  addGeneration(generation: pulumi.Output<number | undefined>): void {
    this.generations.push(generation.apply((raised = 0) => raised));
  }

  get steps(): readonly RecordedStep[] {
    return this.recorded;
  }

  /** Records a registered step. `inputs` must contain everything whose change makes Pulumi run it again. */
  record(resource: pulumi.Resource, name: string, inputs: pulumi.Inputs): void {
    const digest = pulumi
      .output(inputs)
      .apply((known) => createHash("sha256").update(JSON.stringify(known)).digest("hex"));
    this.recorded.push({ name, digest, resource });
  }

  /** The resource options with which a step of this host is registered. */
  options(opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
    return this.unreachable === undefined ? opts : { ...opts, ignoreChanges: ["*"] };
  }
}

/** By access object, which copies of a host share, and by name, because several hosts can share an access object. */
const sessions = new WeakMap<SshAccess, Map<string, HostSession>>();

/**
 * The host's session in this run of the program. A copy of the host, e.g. `{ ...host, priority }`, has the same
 * session.
 */
export function sessionOf({ name, ssh }: Pick<Host, "name" | "ssh">): HostSession {
  const ofAccess = sessions.get(ssh) ?? new Map<string, HostSession>();
  sessions.set(ssh, ofAccess);
  const session = ofAccess.get(name) ?? new HostSession();
  ofAccess.set(name, session);
  return session;
}

/** The names of the hosts that do not answer in this run, separated by blanks. */
export function silentOf(hosts: readonly Host[]): string {
  return hosts.flatMap((host) => (sessionOf(host).unreachable === undefined ? [] : [host.name])).join(" ");
}

/** The sum of the hosts' generations. */
export function generationOf(hosts: readonly Host[]): pulumi.Output<number> {
  const all = pulumi.all(hosts.map((host) => sessionOf(host).generation));
  return all.apply((generations) => generations.reduce((sum, one) => sum + one, 0));
}
