import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Host, SshAccess } from "./host";

/** A step that concerns a host, and what goes into it. */
export interface RecordedStep {
  /** Name of the resource. */
  readonly name: string;
  /** SHA-256 of the step's inputs. Secret where an input is. */
  readonly digest: pulumi.Output<string>;
  readonly resource: pulumi.Resource;
}

/**
 * One host in one run of the program: whether it answers, and the steps that concern it. A step of a host that does not
 * answer is registered without a change: it stays as the state has it, so that the next `up` still finds it to do.
 */
export class HostSession {
  private readonly recorded: RecordedStep[] = [];
  private silence: string | undefined;
  /** The name under which the host says that it is a node, where that is another one and the change was confirmed. */
  formerName = "";

  /** Looks at the host after it was taken apart: whatever does that depends on it, to be deleted before. */
  leftovers: readonly pulumi.Resource[] = [];

  /** What SSH said, where the host does not answer. */
  get unreachable(): string | undefined {
    return this.silence;
  }

  /** To be called before a step of the host is registered. */
  markUnreachable(said: string): void {
    this.silence = said;
  }

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

  /** Notes a step that was registered; `inputs` is everything whose change makes Pulumi run it again. */
  record(resource: pulumi.Resource, name: string, inputs: pulumi.Inputs): void {
    const digest = pulumi
      .output(inputs)
      .apply((known) => createHash("sha256").update(JSON.stringify(known)).digest("hex"));
    this.recorded.push({ name, digest, resource });
  }

  /** The options under which a step of this host is registered. */
  options(opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
    return this.unreachable === undefined ? opts : { ...opts, ignoreChanges: ["*"] };
  }
}

/** By the access object, which a copy of a host keeps, and by name, for one access object may serve several hosts. */
const sessions = new WeakMap<SshAccess, Map<string, HostSession>>();

/** The host's session in this run of the program. A copy of the host, as `{ ...host, priority }`, has the same one. */
export function sessionOf({ name, ssh }: Pick<Host, "name" | "ssh">): HostSession {
  const ofAccess = sessions.get(ssh) ?? new Map<string, HostSession>();
  sessions.set(ssh, ofAccess);
  const session = ofAccess.get(name) ?? new HostSession();
  ofAccess.set(name, session);
  return session;
}

/** The names of the hosts that do not answer in this run. */
export function silentOf(hosts: readonly Host[]): string {
  return hosts.flatMap((host) => (sessionOf(host).unreachable === undefined ? [] : [host.name])).join(" ");
}
