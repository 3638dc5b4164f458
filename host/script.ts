import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { connectionTo, type Patience } from "./connection";
import type { Host } from "./host";
import { shellAssignments } from "./shell";

const prelude = readFileSync(join(__dirname, "prelude.sh"), "utf8");

/** What one script does: bash functions `create`, and optionally `update` and `delete`, idempotent each. */
export interface ScriptArgs {
  /** A few words for messages, e.g. `install containerd`. */
  readonly step: string;
  /**
   * Bash text that defines `create()` and, where {@link deletes} is set, `delete()`. It may use the functions of
   * `prelude.sh`: `say`, `result`, `fail`, `wait_until`, `write_file`, `install_packages`.
   */
  readonly script: string;
  /** The script's variables, in capitals. Not secret: they show in a preview's diff. */
  readonly variables?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Secret variables: sent on standard input only, masked in what a failure prints. */
  readonly secrets?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Runs the script's `delete()` when the resource is deleted. Default: false, nothing is dialled then. */
  readonly deletes?: boolean;
  /** Runs `update()` on a change in place of `create()`. Default: false. */
  readonly updates?: boolean;
  /** Seconds before the script is ended. Default: 600. */
  readonly timeoutSeconds?: number;
  /** Takes the host's lock, so that two runs do not change one host at once. Default: true; checks pass false. */
  readonly lock?: boolean;
  /** The output is a secret (a kubeconfig). Default: false. */
  readonly secretOutput?: boolean;
  /** Values whose change replaces the resource. */
  readonly triggers?: readonly pulumi.Input<string>[];
}

export interface HostScriptArgs extends ScriptArgs {
  readonly host: Host;
  /** `boot` waits for a host that is still starting. Default: `steady`. */
  readonly patience?: Patience;
}

/** The whole text that bash reads on standard input: head, variables, the script, and the call of its function. */
export function renderScript(where: string, args: ScriptArgs): pulumi.Output<string> {
  const variables = pulumi.output(args.variables ?? {});
  const secrets = pulumi.output(args.secrets ?? {});
  const text = pulumi.all([variables, secrets]).apply(([plain, hidden]) =>
    [
      shellAssignments({
        ...plain,
        ...hidden,
        KC_HOST: where,
        KC_STEP: args.step,
        KC_TIMEOUT: String(args.timeoutSeconds ?? 600),
        KC_LOCK: (args.lock ?? true) ? "1" : "0",
        KC_SECRETS: Object.keys(hidden).sort().join(" "),
      }),
      prelude,
      args.script,
      'kc_main "$1"\n',
    ].join("\n"),
  );
  return args.secrets === undefined || Object.keys(args.secrets).length === 0 ? text : pulumi.secret(text);
}

/** The command lines that a step shows in process lists and errors: its name, and no more. */
function commandLines(shell: string, where: string, args: ScriptArgs) {
  const line = (phase: string) => `${shell} -s -- ${phase} # ${where}: ${args.step}`;
  return {
    create: line("create"),
    ...(args.updates ? { update: line("update") } : {}),
    ...(args.deletes ? { delete: line("delete") } : {}),
  };
}

function resourceOptions(args: ScriptArgs, opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
  return args.secretOutput ? pulumi.mergeOptions(opts, { additionalSecretOutputs: ["stdout", "stderr"] }) : opts;
}

/** Runs a script as root on a host. The only way in which a component changes one host. */
export function hostScript(
  name: string,
  args: HostScriptArgs,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const asRoot = `$([ "$(id -u)" = 0 ] || echo sudo -n) bash`;
  return new command.remote.Command(
    name,
    {
      connection: connectionTo(args.host, args.patience),
      ...commandLines(asRoot, args.host.name, args),
      stdin: renderScript(args.host.name, args),
      triggers: args.triggers === undefined ? undefined : [...args.triggers],
      logging: command.remote.Logging.None,
      addPreviousOutputInEnv: false,
    },
    resourceOptions(args, opts),
  );
}

const acrossHosts = readFileSync(join(__dirname, "across-hosts.sh"), "utf8");

export interface AcrossHostsArgs extends ScriptArgs {
  /** The hosts that the script may reach with `on HOST`. */
  readonly hosts: readonly Host[];
  /** What errors name: usually the host that the step is about. */
  readonly about: string;
}

/**
 * Runs a script beside Pulumi that reaches several hosts over ssh (`on HOST <<<script`), for what takes two of them at
 * once: a join, whose token must go from one master to another and rest nowhere; the removal of a host that may be dead.
 */
export function acrossHostsScript(
  name: string,
  args: AcrossHostsArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const first = args.hosts[0];
  if (first === undefined) {
    throw new Error(`${name}: a script across hosts needs hosts`);
  }
  const hosts = args.hosts.map((host) => `${host.name} ${host.ssh.user}@${host.address}:${host.ssh.port}`);
  const knownHosts = args.hosts.map((host) => `${knownHostsName(host)} ${host.ssh.hostKey}`);
  const whole: ScriptArgs = {
    ...args,
    lock: false,
    script: `${acrossHosts}\n${args.script}`,
    variables: {
      ...args.variables,
      KC_HOSTS: hosts.join("\n"),
      KC_KNOWN_HOSTS: `${knownHosts.join("\n")}\n`,
      KC_KEY_FILE: first.ssh.privateKeyFile,
    },
  };
  return new command.local.Command(
    name,
    {
      ...commandLines("bash", args.about, args),
      stdin: renderScript(args.about, whole),
      triggers: args.triggers === undefined ? undefined : [...args.triggers],
      logging: command.local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    resourceOptions(args, opts),
  );
}

function knownHostsName(host: Host): string {
  return host.ssh.port === 22 ? host.address : `[${host.address}]:${host.ssh.port}`;
}
