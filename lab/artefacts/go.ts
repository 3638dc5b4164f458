import { dirname, join } from "node:path";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { run } from "../base/process";
import type { Report } from "../base/progress";
import { whereIs } from "../machine/apt";
import { type Artefact, contentsOf } from "./artefact";

/** Programs that come out of one Go module, whose go.mod and go.sum pin everything they are made from. */
export interface GoPrograms {
  readonly name: string;
  /** Absolute path of the module's folder. */
  readonly module: string;
  /** Program file → package. */
  readonly programs: Readonly<Record<string, string>>;
  /** `-X` settings of the linker: name of a string variable → value. */
  readonly set?: Readonly<Record<string, string>>;
  /** The programs are the tests of their packages. */
  readonly areTests?: boolean;
}

/** Oldest Go that builds every module here (the newest `go` line of their go.mod). */
const oldestGo = [1, 26] as const;

/** Static binaries, built the same way each time (no paths, no symbols, no cgo). */
export function goArtefact({ name, module, programs, set = {}, areTests = false }: GoPrograms): Artefact {
  return {
    name,
    // nothing is added for other programs: it would build them all anew
    from: [contentsOf(module, /(\.go|\.mod|\.sum)$/), programs, set, ...(areTests ? ["tests"] : [])],
    async make(folder, report) {
      await needGo();
      const go = (args: readonly string[], onLine?: (line: string) => void) =>
        run("go", args, {
          cwd: module,
          onLine,
          env: { ...goEnvironment, GOCACHE: compilerCache({ cache: dirname(folder) }) },
          remedy: "Is a Go module proxy reachable (go env GOPROXY), and is there disk space left?",
        });
      await oneAtATime(async () => {
        report("reading the module's packages");
        const [build, list] = areTests ? [["test", "-c"], ["-test"]] : [["build", "-v"], []];
        const all = (await go(["list", "-deps", ...list, ...Object.values(programs)])).split("\n").length;
        const flags = ["-s -w", ...Object.entries(set).map(([variable, value]) => `-X ${variable}=${value}`)].join(" ");
        let built = 0;
        for (const [program, source] of Object.entries(programs)) {
          report(`${program}: ${built}/${all} packages`);
          await go([...build, "-trimpath", "-ldflags", flags, "-o", join(folder, program), source], (line) => {
            // -v names each package that is compiled; what the compiler's cache holds is not named, and for tests nothing is
            if (/^[\w./-]+$/.test(line)) report(`${program}: ${++built}/${all} packages`);
            else if (line.startsWith("go: downloading ")) report(line.slice("go: ".length));
          });
        }
      }, report);
    },
  };
}

/**
 * Where builds keep what the compiler made. Kubernetes leaves several GB there, which nothing else uses: the folder goes when
 * all is built. What an interrupted run has left there, the next one uses.
 */
export const compilerCache = ({ cache }: Pick<Place, "cache">) => join(cache, "go-build");

/** How every module here is built and tested: by what it pins, and with the toolchain that is there. */
export const goEnvironment = {
  CGO_ENABLED: "0",
  GOOS: "linux",
  GOARCH: "amd64",
  GOFLAGS: "-mod=readonly",
  GOWORK: "off",
  GOTOOLCHAIN: "local",
} as const;

/** Sees to a Go toolchain that is new enough. */
export async function needGo(): Promise<void> {
  const remedy = `Install Go ${oldestGo.join(".")} or newer (https://go.dev/dl) and put it on PATH; Kubernetes is built with it.`;
  if (whereIs("go") === undefined) {
    throw new LabError("there is no Go toolchain on PATH", remedy);
  }
  const version = (await run("go", ["env", "GOVERSION"], { env: { GOTOOLCHAIN: "local" } })).trim();
  const [, major = "0", minor = "0"] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  if (Number(major) < oldestGo[0] || (Number(major) === oldestGo[0] && Number(minor) < oldestGo[1])) {
    throw new LabError(`the Go toolchain on PATH is ${version}`, remedy);
  }
}

let last: Promise<unknown> = Promise.resolve();

/** One Go build after another: each takes all cores and much memory by itself. */
async function oneAtATime<T>(work: () => Promise<T>, report: Report): Promise<T> {
  report("waiting for its turn");
  const turn = last.then(work, work);
  last = turn.catch(() => undefined);
  return turn;
}
