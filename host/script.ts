import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { connectionTo, type Patience } from "./connection";
import { bodyOf, framedCommand, requireEndMark } from "./frame";
import { dialled, type Host } from "./host";
import { acrossHostsVariables, scriptText } from "./script-text";
import { generationOf, sessionOf } from "./session";
import { runOverSsh, type SshTarget, targetOf } from "./ssh";

const prelude = readFileSync(join(__dirname, "prelude.sh"), "utf8");

/** A script with the bash functions `create`, and optionally `update` and `delete`. Each is idempotent. */
export interface ScriptArgs {
  /** A few words for messages, e.g. `install containerd`. */
  readonly step: string;
  /**
   * Bash text that defines `create()`, with {@link updates} also `update()`, and with {@link deletes} also `delete()`.
   * It may use the functions of `prelude.sh`: `say`, `fail`, `wait_until`, `write_file`, `install_packages`.
   */
  readonly script: pulumi.Input<string>;
  /** The script's variables, with names in capitals. They are not secret: a preview's diff shows them. */
  readonly variables?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Secret variables. They are sent only on standard input, and masked in the output of a failure. */
  readonly secrets?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Runs `delete()` when the resource is deleted. @default false: a deletion connects to no host */
  readonly deletes?: boolean;
  /** Runs `update()` instead of `create()` on a change. @default false */
  readonly updates?: boolean;
  /** Seconds after which the script is killed. @default 600 */
  readonly timeoutSeconds?: number;
  /** Takes the host's lock, so that two runs do not change one host at the same time. @default true */
  readonly lock?: boolean;
  /** How many times the host was repaired. The step runs again when it is raised. @default 0 */
  readonly generation?: pulumi.Input<number | undefined>;
  /** Values whose change replaces the resource. */
  readonly triggers?: readonly pulumi.Input<string>[];
}

export interface HostScriptArgs extends ScriptArgs {
  readonly host: Host;
  /** `boot` waits for a host that is still starting. @default `steady` */
  readonly patience?: Patience;
}

/** The complete text that bash reads on standard input: variables, prelude, script, and the call of its function. */
export function renderScript(where: string, args: ScriptArgs): pulumi.Output<string> {
  const variables = pulumi.output(args.variables ?? {});
  const secrets = pulumi.output(args.secrets ?? {});
  const all = pulumi.all([variables, secrets, args.script, args.generation]);
  const text = all.apply(([plain, hidden, script, generation = 0]) =>
    scriptText({
      where,
      step: args.step,
      prelude,
      script,
      // a host that was never repaired has the text of versions that did not repair
      variables: { ...plain, ...(generation === 0 ? {} : { KC_GENERATION: String(generation) }) },
      secrets: hidden,
      timeoutSeconds: args.timeoutSeconds,
      lock: args.lock,
    }),
  );
  return args.secrets === undefined || Object.keys(args.secrets).length === 0 ? text : pulumi.secret(text);
}

type Phase = "create" | "update" | "delete";

/** The command lines of a step. They contain only its name, because process lists and errors show them. */
function commandLines(lineFor: (phase: Phase) => string, where: string, args: ScriptArgs) {
  const line = (phase: Phase) => `${lineFor(phase)} # ${where}: ${args.step}`;
  return {
    create: line("create"),
    ...(args.updates ? { update: line("update") } : {}),
    ...(args.deletes ? { delete: line("delete") } : {}),
  };
}

/**
 * The commands of a step that needs `host`. If the host does not answer, there are none: a step that is in the state
 * keeps its old inputs (see {@link HostSession}), and a new step is created without a command. It connects to no host,
 * and the next `up` runs it, because the command differs.
 */
function commandsFor<T extends object>(host: Host | undefined, commands: T): Partial<T> {
  return host === undefined || sessionOf(host).unreachable === undefined ? commands : {};
}

/** Runs a script as root on one host. */
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
  const step = new command.remote.Command(name, { ...inputs, ...commandsFor(host, commands) }, session.options(opts));
  session.record(step, name, { ...inputs, ...commands });
  if (session.unreachable === undefined) {
    // in a preview, the output in the state may be from an old version without marks
    step.stdout.apply((printed) => pulumi.runtime.isDryRun() || requireEndMark(printed, `${host.name}: ${args.step}`));
  }
  return step;
}

/** The text that a step printed with `say`. */
export function outputOf(step: command.remote.Command): pulumi.Output<string> {
  return step.stdout.apply((printed) => bodyOf(printed) ?? "");
}

/**
 * A resource hook that runs a script's `create()` as root on a host, when the engine runs an operation of another
 * provider. The script's output is logged. Nothing is stored in the state.
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
  /** Name in errors, usually that of the host that the step is about. */
  readonly about: string;
  /** The host without which the step cannot run. @default none: the script handles hosts that do not answer */
  readonly needs?: Host;
}

/**
 * Runs a script on the operator's machine that connects to several hosts over SSH (`on HOST <<<script`). It is for
 * steps that need two hosts, e.g. a join, whose token is passed from a master to the node and stored nowhere; and for
 * the removal of a host that may not answer.
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
  const { privateKey, proxyJump } = first.ssh;
  const identityFile = privateKey === undefined ? undefined : "${KC_SCRATCH}/key";
  const route = known.apply((hosts) =>
    acrossHostsVariables(
      hosts.map(({ name: of, address, ssh: { user, port, hostKey } }) => ({ name: of, address, user, port, hostKey })),
      { identityFile, proxyJump },
    ),
  );
  const complete: ScriptArgs = {
    ...args,
    lock: false,
    script: pulumi.output(args.script).apply((script) => `${acrossHosts}\n${script}`),
    variables: {
      ...args.variables,
      KC_HOSTS: route.KC_HOSTS,
      KC_KNOWN_HOSTS: route.KC_KNOWN_HOSTS,
      KC_SSH_OPTIONS: route.KC_SSH_OPTIONS,
      KC_JUMP: route.KC_JUMP,
    },
    // the key itself and not its path: operators share the state, but have different paths
    ...(privateKey === undefined ? {} : { secrets: { ...args.secrets, KC_PRIVATE_KEY: privateKey } }),
  };
  const inputs = {
    stdin: renderScript(args.about, { generation: repairsOf(args), ...complete }),
    triggers: args.triggers === undefined ? undefined : [...args.triggers],
    logging: command.local.Logging.None,
    addPreviousOutputInEnv: false,
  };
  const commands = commandLines((phase) => `bash -s -- ${phase}`, args.about, args);
  const step = new command.local.Command(
    name,
    { ...inputs, ...commandsFor(needs, commands) },
    pulumi.mergeOptions(needs === undefined ? opts : sessionOf(needs).options(opts), {
      dependsOn: seenAfterwards(args),
    }),
  );
  if (needs !== undefined) sessionOf(needs).record(step, name, { ...inputs, ...commands });
  return step;
}

/** A step about one host runs again when that host was repaired, a step about several when any of them was. */
function repairsOf({ about, hosts }: AcrossHostsArgs): pulumi.Output<number> {
  const host = hosts.find(({ name }) => name === about);
  return generationOf(host === undefined ? hosts : [host]);
}

/** The resources that check a host after it was cleaned up: the deletion of this step must come before theirs. */
function seenAfterwards({ deletes, about, hosts }: AcrossHostsArgs): pulumi.Resource[] {
  return deletes ? hosts.flatMap((host) => (host.name === about ? sessionOf(host).leftovers : [])) : [];
}

/**
 * A step of an earlier version that is not needed any more. It does nothing and connects to no host. It stays
 * registered, because an `up` would otherwise delete the old step, and that deletion would clean the host up.
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
