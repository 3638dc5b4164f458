/**
 * The program of `npm test`: runs static checks, unit and contract tests, and the end-to-end test in the lab, and shows their
 * output. The last line has the totals. `npm test -- static unit` runs only these parts. `npm run test:long` also runs the tests
 * that take longer. `npm run test:long -- kill` interrupts every creation of a build, which takes longest.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goTests } from "./go";
import { shellcheck } from "./shellcheck";
import { unaccepted } from "./skips";
import { none, sum, type Tally } from "./tally";

const root = join(__dirname, "..");

/** Set by a signal: no further command starts. */
let interrupted = false;

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Receives standard output, which is then not shown. */
  readonly output?: (text: string) => void;
}

/** Runs a command that writes to this process's output; returns its exit code. */
function run(
  command: string,
  args: readonly string[],
  { cwd = root, env = {}, output }: RunOptions = {},
): Promise<number> {
  if (interrupted) {
    return Promise.resolve(130);
  }
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", output === undefined ? "inherit" : "pipe", "inherit"],
    });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => output?.(text));
    const pass = (signal: NodeJS.Signals) => {
      interrupted = true;
      child.kill(signal);
    };
    process.on("SIGINT", pass).on("SIGTERM", pass);
    child.on("error", (error) => {
      console.error(`cannot run ${command}: ${error.message}`);
      done(127);
    });
    child.on("close", (code) => {
      process.off("SIGINT", pass).off("SIGTERM", pass);
      done(code ?? 1);
    });
  });
}

function node(script: string, ...args: string[]): Promise<number> {
  return run(process.execPath, [join(root, "node_modules", script), ...args]);
}

async function check(what: string, command: () => Promise<number>): Promise<Tally> {
  const begin = Date.now();
  const code = await command().catch((error: unknown) => {
    console.error(`error: ${(error as Error).message}`);
    return 1;
  });
  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  console.log(`${code === 0 ? "ok" : "FAILED"}: ${what} (${seconds} s)`);
  return code === 0 ? { ...none, passed: 1 } : { ...none, failed: 1 };
}

/** The project's bash files, including those that run on hosts. */
function bashFiles(folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return ["node_modules", ".git", ".lab", "dist"].includes(entry.name) ? [] : bashFiles(path);
    }
    return entry.isFile() && (entry.name.endsWith(".sh") || isBash(path)) ? [path] : [];
  });
}

function isBash(path: string): boolean {
  return !/\.\w+$/.test(path) && /^#!.*\bbash\b/.test(readFileSync(path, "utf8").slice(0, 80));
}

async function bashSyntax(): Promise<number> {
  const codes: number[] = [];
  for (const path of bashFiles()) {
    codes.push(await run("bash", ["-n", path]));
  }
  return Math.max(...codes);
}

/**
 * Checks complete programs and the lab's scripts for warnings. The other files are parts of scripts and are checked only for
 * errors: test/host/composed-scripts.test.ts checks the composed scripts.
 */
async function shellFiles(): Promise<number> {
  const files = bashFiles();
  const isWhole = (path: string) => readFileSync(path, "utf8").startsWith("#!") || path.startsWith(join(root, "lab"));
  // the lab's scripts use variables from outside (SC2034, SC2154), and run under set -e (SC2164)
  const options = ["--shell=bash", "--format=gcc"];
  return Math.max(
    await run(shellcheck(), [
      ...options,
      "--severity=warning",
      "--exclude=SC2034,SC2154,SC2164",
      ...files.filter(isWhole),
    ]),
    await run(shellcheck(), [...options, "--severity=error", ...files.filter((path) => !isWhole(path))]),
  );
}

const sources = [
  "index.ts",
  "settings.ts",
  "settings",
  "components",
  "examples",
  "host",
  "operate",
  "provider",
  "grok",
  "lab",
  "test",
];

async function staticChecks(): Promise<Tally> {
  const checks: [string, () => Promise<number>][] = [
    ["lint (eslint)", () => node("eslint/bin/eslint.js", ".", "--max-warnings=0")],
    ["types (tsc)", () => node("typescript/bin/tsc", "--noEmit")],
    ["format (prettier)", () => node("prettier/bin/prettier.cjs", "--check", "--log-level=warn", ".")],
    [
      "imports (dependency-cruiser)",
      () => node("dependency-cruiser/bin/dependency-cruise.mjs", "--output-type", "err", ...sources),
    ],
    ["unused exports, files and dependencies (knip)", () => node("knip/bin/knip.js", "--no-progress")],
    ["syntax of the bash files (bash -n)", bashSyntax],
    ["errors in the bash files (shellcheck)", shellFiles],
  ];
  // the linter takes as long as all other checks together, so it runs beside them
  const lane = async (some: typeof checks) => {
    let tally = none;
    for (const [what, command] of some) {
      tally = sum(tally, await check(what, command));
    }
    return tally;
  };
  const [lint, others] = [checks.slice(0, 1), checks.slice(1)];
  return (await Promise.all([lane(lint), lane(others)])).reduce(sum);
}

/** The part of jest's report that is counted. */
interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

async function jest(config: string, env: Readonly<Record<string, string>> = {}, file?: string): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), "kube-control-tests-"));
  const report = join(folder, "report.json");
  try {
    const options = ["--config", config, "--json", `--outputFile=${report}`, "--silent=false"];
    if (file !== undefined) options.push("--runTestsByPath", file);
    const code = await run(process.execPath, [join(root, "node_modules/jest/bin/jest.js"), ...options], { env });
    if (!existsSync(report)) {
      return { ...none, failed: 1 };
    }
    const counted = JSON.parse(readFileSync(report, "utf8")) as JestReport;
    const failed = counted.numFailedTests + counted.numRuntimeErrorTestSuites;
    return {
      passed: counted.numPassedTests,
      // Jest can fail without a failed test: for an error after the last test, or if a worker dies.
      failed: failed === 0 && code !== 0 ? 1 : failed,
      skipped: counted.testResults
        .flatMap(({ assertionResults }) => assertionResults)
        .filter(({ status }) => status !== "passed" && status !== "failed")
        .map(({ fullName }) => fullName),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const longTests = "lab/test/long";

/** Each file of the long tests, by its name: `npm run test:long -- drift`. */
const longSuites = readdirSync(join(root, longTests)).flatMap((file) => {
  const [, name] = /^(.+)\.test\.ts$/.exec(file) ?? [];
  return name === undefined
    ? []
    : [[name, () => jest(`${longTests}/jest.config.js`, {}, join(longTests, file))] as const];
});

const parts: Record<string, () => Promise<Tally>> = {
  static: staticChecks,
  unit: async () => sum(await jest("jest.config.js"), await goTests(run)),
  e2e: () => jest("lab/test/e2e/jest.config.js"),
  // the tests that take long, and the end-to-end test on Debian 12
  long: async () =>
    sum(
      await jest(`${longTests}/jest.config.js`),
      await jest("lab/test/e2e/jest.config.js", { KUBE_CONTROL_LONG: "1", LAB_DEBIAN: "bookworm" }),
    ),
  ...Object.fromEntries(longSuites),
};

/** Kills `pulumi up` at every creation of a build. It has its own options. */
const kill = (options: readonly string[]) =>
  check("every creation of a build interrupted", () =>
    run(process.execPath, [join(root, "lab/bootstrap.mjs"), join(root, "lab/kill/main.ts"), ...options]),
  );

async function main(): Promise<void> {
  const long = process.argv[2] === "--long";
  const given = process.argv.slice(long ? 3 : 2);
  if (given[0] === "kill") {
    const { passed, failed } = await kill(given.slice(1));
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed;
    return;
  }
  const usual = long ? ["static", "unit", "long"] : ["static", "unit", "e2e"];
  const chosen = given.length > 0 ? given : usual;
  const unknown = chosen.find((part) => !(part in parts));
  if (unknown !== undefined) {
    console.error(`error: no part of the tests is called ${unknown}; there are ${Object.keys(parts).join(", ")}, kill`);
    process.exitCode = 2;
    return;
  }
  let tally = none;
  const minutes: string[] = [];
  for (const [name, part] of Object.entries(parts)) {
    if (chosen.includes(name)) {
      console.log(`\n== ${name}`);
      const begin = Date.now();
      tally = sum(tally, await part());
      minutes.push(`${name} ${((Date.now() - begin) / 60_000).toFixed(1)}`);
    }
  }
  const refused = unaccepted(tally.skipped);
  for (const name of tally.skipped) {
    console.log(
      refused.includes(name) ? `FAILED: skipped, and not accepted in test/skips.ts: ${name}` : `skipped: ${name}`,
    );
  }
  const { passed, skipped } = tally;
  const failed = tally.failed + refused.length;
  console.log(`\nminutes: ${minutes.join(", ")}`);
  console.log(`${skipped.length - refused.length} skipped (test/skips.ts)`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

void main();
