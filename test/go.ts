import { join, relative } from "node:path";
import { goEnvironment, ensureGo } from "../lab/artefacts/go";
import { agent, echo, hostRoutes, pulumiLanguageNodejs } from "../lab/artefacts/programs";
import { none, sum, type Tally } from "./tally";

type Run = (
  command: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly output?: (text: string) => void;
  },
) => Promise<number>;

const probe = join(__dirname, "../lab/drill/probe");

/** `go vet` and `go test` of the lab's own Go programs. They fail without Go, because the lab cannot be built either. */
export async function goTests(
  run: Run,
  modules = [...[agent, hostRoutes, echo, pulumiLanguageNodejs].map(({ module }) => module), probe],
): Promise<Tally> {
  const lacks = await whatIsMissing();
  let tally = none;
  for (const module of modules) {
    const name = relative(join(__dirname, ".."), module);
    const notRun = (why: string) => {
      console.log(`FAILED: Go tests of ${name}: ${why}`);
      tally = sum(tally, { ...none, failed: 1 });
    };
    const go = (args: readonly string[], output?: (text: string) => void) =>
      run("go", args, { cwd: module, env: goEnvironment, output });
    if (lacks !== undefined) {
      notRun(lacks);
    } else if ((await go(["mod", "download"])) !== 0) {
      notRun("go mod download failed (see above)");
    } else {
      const vetted = (await go(["vet", "./..."])) === 0;
      let report = "";
      const code = await go(["test", "-json", "./..."], (text) => (report += text));
      const { text, ...tested } = readReport(report, code);
      process.stdout.write(text);
      const all = sum(tested, vetted ? { ...none, passed: 1 } : { ...none, failed: 1 });
      console.log(`${all.failed === 0 ? "ok" : "FAILED"}: go vet, and ${tested.passed} Go tests of ${name}`);
      tally = sum(tally, all);
    }
  }
  return tally;
}

async function whatIsMissing(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return "they are for Linux on x86-64";
  try {
    await ensureGo();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

interface Event {
  readonly Action: string;
  readonly Package?: string;
  readonly Test?: string;
  readonly Output?: string;
}

/** The tests in a report of `go test -json`, and the output of the failed ones. A failure outside a test counts as one. */
export function readReport(report: string, code: number): Tally & { readonly text: string } {
  const events: Event[] = [];
  const other: string[] = [];
  for (const line of report.split("\n").filter((text) => text !== "")) {
    try {
      events.push(JSON.parse(line) as Event);
    } catch {
      other.push(`${line}\n`); // a line that Go itself writes between the events
    }
  }
  // a subtest is part of its test
  const tests = events.filter(({ Test }) => Test !== undefined && !Test.includes("/"));
  const ended = (action: string) => tests.filter(({ Action }) => Action === action).length;
  const failures = ended("fail");
  const failedOnes = new Set(
    events.filter(({ Action }) => Action === "fail").map(({ Package, Test }) => `${Package} ${Test}`),
  );
  const written = events
    .filter(({ Action, Package, Test }) => Action === "build-output" || failedOnes.has(`${Package} ${Test}`))
    .map(({ Output = "" }) => Output);
  return {
    passed: ended("pass"),
    failed: failures === 0 && code !== 0 ? 1 : failures,
    skipped: tests.filter(({ Action }) => Action === "skip").map(({ Package, Test }) => `${Package} ${Test}`),
    text: code === 0 ? "" : [...other, ...written].join(""),
  };
}
