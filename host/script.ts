import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { connectionTo, type Patience } from "./connection";
import { bodyOf, framedCommand, requireEndMark } from "./frame";
import { dialled, type Host } from "./host";
import { knownHostsLine } from "./known-hosts";
import { sessionOf } from "./session";
import { shellAssignments } from "./shell";
import { runOverSsh, type SshTarget, targetOf } from "./ssh";
import { sshOptions } from "./ssh-options";

const prelude = readFileSync(join(__dirname, "prelude.sh"), "utf8");

/** What one script does: bash functions `create`, and optionally `update` and `delete`, idempotent each. */
export interface ScriptArgs {
  /** A few words for messages, e.g. `install containerd`. */
  readonly step: string;
  /**
   * Bash text that defines `create()` and, where {@link deletes} is set, `delete()`. It may use the functions of
   * `prelude.sh`: `say`, `fail`, `wait_until`, `write_file`, `install_packages`.
   */
  readonly script: pulumi.Input<string>;
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
  /** How many times the host was repaired: with each time, the step runs again. Default: 0. */
  readonly generation?: pulumi.Input<number>;
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
  const all = pulumi.all([variables, secrets, args.script, args.generation ?? 0]);
  const text = all.apply(([plain, hidden, script, generation]) =>
    [
      shellAssignments({
        ...plain,
        ...hidden,
        // a host that was never repaired has the text of versions that did not repair
        ...(generation === 0 ? {} : { KC_GENERATION: String(generation) }),
        KC_HOST: where,
        KC_STEP: args.step,
        KC_TIMEOUT: String(args.timeoutSeconds ?? 600),
        KC_LOCK: (args.lock ?? true) ? "1" : "0",
        KC_SECRETS: Object.keys(hidden).sort().join(" "),
      }),
      prelude,
      script,
      'run_phase "$1"\n',
    ].join("\n"),
  );
  return args.secrets === undefined || Object.keys(args.secrets).length === 0 ? text : pulumi.secret(text);
}

type Phase = "create" | "update" | "delete";

/** The command lines that a step shows in process lists and errors: its name, and no more. */
function commandLines(lineFor: (phase: Phase) => string, where: string, args: ScriptArgs) {
  const line = (phase: Phase) => `${lineFor(phase)} # ${where}: ${args.step}`;
  return {
    create: line("create"),
    ...(args.updates ? { update: line("update") } : {}),
    ...(args.deletes ? { delete: line("delete") } : {}),
  };
}

function resourceOptions(args: ScriptArgs, opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
  return args.secretOutput ? pulumi.mergeOptions(opts, { additionalSecretOutputs: ["stdout", "stderr"] }) : opts;
}

/**
 * The inputs of a step that needs `host`. Where it does not answer, a step that is in the state keeps its old inputs
 * (see {@link HostSession}), and one that is not is made without a command: nothing is dialled, and the next `up` sees a
 * difference and runs it.
 */
function commandsFor<T extends object>(host: Host | undefined, commands: T): Partial<T> {
  return host === undefined || sessionOf(host).unreachable === undefined ? commands : {};
}

/** Runs a script as root on a host. The only way in which a component changes one host, but for {@link hookScript}. */
export function hostScript(
  name: string,
  args: HostScriptArgs,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const { host } = args;
  const session = sessionOf(host);
  const inputs = {
    connection: connectionTo(host, args.patience),
    stdin: renderScript(host.name, { generation: session.generation, ...args }),
    triggers: args.triggers === undefined ? undefined : [...args.triggers],
    logging: command.remote.Logging.None,
    addPreviousOutputInEnv: false,
  };
  const commands = commandLines(framedCommand, host.name, args);
  const step = new command.remote.Command(
    name,
    { ...inputs, ...commandsFor(host, commands) },
    resourceOptions(args, session.options(opts)),
  );
  session.record(step, name, { ...inputs, ...commands });
  if (session.unreachable === undefined) {
    // in a preview, what an old version printed may still be in the state
    step.stdout.apply((printed) => pulumi.runtime.isDryRun() || requireEndMark(printed, `${host.name}: ${args.step}`));
  }
  return step;
}

/** What a step printed with `say`. */
export function outputOf(step: command.remote.Command): pulumi.Output<string> {
  return step.stdout.apply((printed) => bodyOf(printed) ?? "");
}

/**
 * A hook that runs a script's `create()` as root on a host: what has to be done there at the moment at which the engine does
 * something by another provider. What the script says is logged. Nothing of it is in the state.
 */
export function hookScript({ host, ...args }: HostScriptArgs): () => Promise<void> {
  return async () => {
    const [text, target] = await new Promise<[string, SshTarget]>((resolve) =>
      pulumi.all([renderScript(host.name, args), dialled(host).apply(targetOf)]).apply(resolve),
    );
    const seconds = args.timeoutSeconds ?? 600;
    const answer = await runOverSsh(target, `set -- create\n${text}`, { seconds, patienceSeconds: 0 });
    if (answer.kind !== "answered") {
      throw new Error(`${host.name}: ${args.step}: ${answer.said}`);
    }
    if (answer.output !== "") {
      await pulumi.log.info(`${host.name}: ${args.step}: ${answer.output.trim()}`);
    }
  };
}

const acrossHosts = readFileSync(join(__dirname, "across-hosts.sh"), "utf8");

export interface AcrossHostsArgs extends ScriptArgs {
  /** The hosts that the script may reach with `on HOST`. */
  readonly hosts: readonly Host[];
  /** What errors name: usually the host that the step is about. */
  readonly about: string;
  /** The host without which the step cannot run. Default: none, the script itself copes with a host that does not answer. */
  readonly needs?: Host;
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
  const { needs } = args;
  const first = args.hosts[0];
  if (first === undefined) {
    throw new Error(`${name}: a script across hosts needs hosts`);
  }
  const known = pulumi.all(args.hosts.map(dialled));
  const targets = known.apply((hosts) =>
    hosts.map(({ name: of, address, ssh }) => `${of} ${ssh.user}@${address}:${ssh.port}`).join("\n"),
  );
  const knownHosts = known.apply((hosts) => hosts.map(({ address, ssh }) => knownHostsLine(address, ssh)).join(""));
  const { privateKey, proxyJump } = first.ssh;
  const identityFile = privateKey === undefined ? undefined : "${KC_SCRATCH}/key";
  const complete: ScriptArgs = {
    ...args,
    lock: false,
    script: pulumi.output(args.script).apply((script) => `${acrossHosts}\n${script}`),
    variables: {
      ...args.variables,
      KC_HOSTS: targets,
      KC_KNOWN_HOSTS: knownHosts,
      KC_SSH_OPTIONS: sshOptions({ identityFile, proxyJump }).join("\n"),
      KC_JUMP: proxyJump?.host ?? "",
    },
    // the key itself: its path is another one for each operator, and the state is one
    ...(privateKey === undefined ? {} : { secrets: { ...args.secrets, KC_PRIVATE_KEY: privateKey } }),
  };
  const inputs = {
    stdin: renderScript(args.about, { generation: generationOf(args), ...complete }),
    triggers: args.triggers === undefined ? undefined : [...args.triggers],
    logging: command.local.Logging.None,
    addPreviousOutputInEnv: false,
  };
  const commands = commandLines((phase) => `bash -s -- ${phase}`, args.about, args);
  const step = new command.local.Command(
    name,
    { ...inputs, ...commandsFor(needs, commands) },
    resourceOptions(
      args,
      pulumi.mergeOptions(needs === undefined ? opts : sessionOf(needs).options(opts), {
        dependsOn: seenAfterwards(args),
      }),
    ),
  );
  if (needs !== undefined) sessionOf(needs).record(step, name, { ...inputs, ...commands });
  return step;
}

/** A step about one host runs again when that host was repaired, a step about several when any of them was. */
function generationOf({ about, hosts }: AcrossHostsArgs): pulumi.Output<number> {
  const host = hosts.find(({ name }) => name === about);
  const all = (host === undefined ? hosts : [host]).map((one) => sessionOf(one).generation);
  return pulumi.all(all).apply((generations) => generations.reduce((sum, one) => sum + one, 0));
}

/** What looks at the host that a deletion is about is deleted after it: children do not inherit their component's dependencies. */
function seenAfterwards({ deletes, about, hosts }: AcrossHostsArgs): pulumi.Resource[] {
  return deletes ? hosts.flatMap((host) => (host.name === about ? sessionOf(host).leftovers : [])) : [];
}

/**
 * A step of an earlier version that has no use any more. It does nothing and dials nothing; it is registered so that an
 * `up` of a stack of that version deletes nothing, for the deletion of the old step would take the host apart.
 */
export const retiredStep = {
  on(host: Host, name: string, opts: pulumi.CustomResourceOptions, triggers?: readonly pulumi.Input<string>[]): void {
    const inputs = {
      connection: connectionTo(host),
      logging: command.remote.Logging.None,
      addPreviousOutputInEnv: false,
    };
    new command.remote.Command(
      name,
      { ...inputs, ...(triggers === undefined ? {} : { triggers: [...triggers] }) },
      opts,
    );
  },
  besidePulumi(name: string, opts: pulumi.CustomResourceOptions): void {
    new command.local.Command(name, { logging: command.local.Logging.None, addPreviousOutputInEnv: false }, opts);
  },
};
