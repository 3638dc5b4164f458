import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "yaml";

/** The chosen stack, and the files of its configuration. */
export interface ChosenStack {
  /** The stack's name, without organisation and project. */
  readonly name: string;
  /** Absolute path of Pulumi.yaml. */
  readonly projectFile: string;
  /** Absolute path of Pulumi.STACK.yaml. */
  readonly configurationFile: string;
}

/** The current folder and the environment of a command. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The stack cannot be chosen. */
class NoStack extends Error {}

/** The lab's Pulumi folder, relative to the project's folder, and the lab's stack. */
const lab = { folder: join(".lab", "project"), stack: "dev" };

/**
 * The stack of a command: the given one, else the one that is selected in the Pulumi CLI, else the lab's.
 *
 * @throws NoStack with what to do
 */
export function chooseStack(surroundings: Surroundings, given?: string, askCli = askedCli): ChosenStack {
  const projectFile = findProject(surroundings);
  if (projectFile === undefined) {
    throw new NoStack(`${surroundings.cwd} is not in a Pulumi project. Run this in the folder of kube-control.`);
  }
  const selected = given ?? selectedStack(surroundings, projectFile) ?? noneSelected(surroundings, projectFile, askCli);
  if (selected !== undefined) {
    return existing(projectFile, selected);
  }
  const ofLab = join(dirname(projectFile), lab.folder, basename(projectFile));
  if (existsSync(ofLab)) {
    return existing(ofLab, lab.stack);
  }
  throw new NoStack(
    "No stack is selected. Run `pulumi stack select NAME`, or name the stack: npm run status -- --stack NAME.",
  );
}

function existing(projectFile: string, selected: string): ChosenStack {
  // the name may be ORGANISATION/PROJECT/STACK
  const name = selected.split("/").at(-1) ?? selected;
  const configurationFile = join(dirname(projectFile), `Pulumi.${name}.yaml`);
  if (!/^[\w.-]+$/.test(name)) {
    throw new NoStack(`${JSON.stringify(selected)} is not the name of a stack.`);
  }
  if (!existsSync(configurationFile)) {
    throw new NoStack(`The stack ${name} has no configuration: ${configurationFile} does not exist.`);
  }
  return { name, projectFile, configurationFile };
}

/** The nearest Pulumi.yaml, from the current folder upwards. As the CLI, it keeps symbolic links in the shell's path. */
function findProject({ cwd, env: { PWD: shown } }: Surroundings): string | undefined {
  const isSame = shown !== undefined && existsSync(shown) && realpathSync(shown) === realpathSync(cwd);
  for (let at = isSame ? shown : resolve(cwd); ; at = dirname(at)) {
    const file = join(at, "Pulumi.yaml");
    if (existsSync(file)) return file;
    if (at === dirname(at)) return undefined;
  }
}

interface WorkspaceFile {
  readonly stack?: string;
  /** By the backend's URL, in newer versions of the CLI. */
  readonly stacks?: Readonly<Record<string, string>>;
}

/** The stack in PULUMI_STACK, or in the file that `pulumi stack select` writes. */
function selectedStack({ env }: Surroundings, projectFile: string): string | undefined {
  const ofEnvironment = env["PULUMI_STACK"];
  if (ofEnvironment !== undefined && ofEnvironment !== "") {
    return ofEnvironment;
  }
  const file = workspaceFile(env, projectFile);
  if (!existsSync(file)) {
    return undefined;
  }
  const { stack, stacks = {} } = readJson(file) as WorkspaceFile;
  const names = [...new Set(Object.values(stacks))];
  const backend = env["PULUMI_BACKEND_URL"] ?? currentBackend(env);
  // if stacks are selected at several backends, the current backend decides
  return (backend === undefined ? undefined : stacks[backend]) ?? (names.length > 1 ? undefined : (names[0] ?? stack));
}

/**
 * @see https://github.com/pulumi/pulumi/blob/master/pkg/workspace/workspace.go, `settingsPath`
 */
function workspaceFile(env: Surroundings["env"], projectFile: string): string {
  const { name } = parse(readFileSync(projectFile, "utf8")) as { name: string };
  const hash = createHash("sha1").update(projectFile).digest("hex");
  return join(pulumiHome(env), "workspaces", `${name}-${hash}-workspace.json`);
}

const pulumiHome = (env: Surroundings["env"]) => env["PULUMI_HOME"] || join(homedir(), ".pulumi");

function currentBackend(env: Surroundings["env"]): string | undefined {
  const file = join(pulumiHome(env), "credentials.json");
  return existsSync(file) ? (readJson(file) as { current?: string }).current : undefined;
}

function readJson(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/**
 * Asks the CLI if it has a home without this project's file: it may store the selection elsewhere. If the CLI never ran,
 * no stack is selected.
 */
function noneSelected({ cwd, env }: Surroundings, projectFile: string, ask: typeof askedCli): string | undefined {
  const workspaces = join(pulumiHome(env), "workspaces");
  return existsSync(workspaces) && !existsSync(workspaceFile(env, projectFile)) ? ask({ cwd, env }) : undefined;
}

/** Asks the Pulumi CLI for the selected stack, which takes a second. */
function askedCli({ cwd, env }: Surroundings): string | undefined {
  const { status, stdout } = spawnSync("pulumi", ["stack", "--show-name", "--non-interactive"], {
    cwd,
    env,
    encoding: "utf8",
    timeout: 10_000,
  });
  return status === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
}
