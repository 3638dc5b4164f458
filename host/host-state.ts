import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./host";
import { renderScript, type ScriptArgs } from "./script";
import { sessionOf } from "./session";

const helpers = readFileSync(join(__dirname, "check.sh"), "utf8");

/** A script whose `check()` compares a host with what its `create()` writes. */
export interface CheckedScript extends Pick<ScriptArgs, "script" | "variables" | "secrets"> {
  /** What it checks, e.g. `files and services`. */
  readonly what: string;
}

/** The whole text of a check, for bash on the host: `check.sh` has the functions that it may use. */
export function renderCheck(host: string, { what, script, ...rest }: CheckedScript): pulumi.Output<string> {
  return renderScript(host, {
    ...rest,
    step: `check ${what}`,
    script: pulumi.output(script).apply((text) => `${text}\n${helpers}`),
    timeoutSeconds: 60,
    lock: false,
  });
}

/**
 * What one component manages on one host, as it is. A refresh runs the checks on the host and stores each difference; the next
 * `up` then raises the generation, an input of the host's steps that are registered afterwards. So the scripts that set the host
 * up also repair it, in the same order. This resource changes no host. When it is created or updated it connects to no host.
 */
export class HostState extends pulumi.CustomResource {
  /** How many times the host was repaired. */
  declare readonly generation: pulumi.Output<number | undefined>;

  constructor(name: string, { about, hosts, checks }: HostStateArgs, opts: pulumi.CustomResourceOptions) {
    super(
      "kube-control-hosts:index:HostState",
      name,
      {
        about,
        // the private keys
        hosts: pulumi.secret(hosts.map(targetInputs)),
        checks: checks.map((check) => ({ what: check.what, text: renderCheck(about, check) })),
        generation: undefined,
        differences: undefined,
      },
      opts,
    );
  }
}

interface HostStateArgs {
  /** What messages name: a host's name, or what several hosts can be asked about. */
  readonly about: string;
  /** The first that answers runs the checks. */
  readonly hosts: readonly Host[];
  readonly checks: readonly CheckedScript[];
}

/** A host as an input of the provider, which connects to it. It contains the private key: make it a secret. */
export function targetInputs({ name, address, ssh }: Host): pulumi.Inputs {
  const { user, port, privateKey, hostKey, proxyJump } = ssh;
  return { name, address, user, port, privateKey, hostKey, proxyJump };
}

/** The state of one host. The host's steps that are registered afterwards correct what it finds. */
export function readHost(
  name: string,
  host: Host,
  checks: readonly CheckedScript[],
  opts: pulumi.CustomResourceOptions,
): HostState {
  const session = sessionOf(host);
  const state = new HostState(name, { about: host.name, hosts: [host], checks }, session.options(opts));
  session.addGeneration(state.generation);
  return state;
}
