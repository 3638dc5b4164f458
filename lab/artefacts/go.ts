import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { run } from "../base/process";
import type { Report } from "../base/progress";
import { whereIs } from "../machine/apt";
import { type Artefact, contentsOf } from "./artefact";

/** Programs of one Go module. Its go.mod and go.sum pin all their sources. */
export interface GoPrograms {
  readonly name: string;
  /** Absolute path of the module's folder. */
  readonly module: string;
  /** File of the program → its Go package. */
  readonly programs: Readonly<Record<string, string>>;
  /** `-X` settings of the linker: name of a string variable → value. */
  readonly set?: Readonly<Record<string, string>>;
  /** The programs are the tests of their packages. */
  readonly areTests?: boolean;
  /** Removes the compiler's cache after the build. The programs do not depend on it. */
  readonly clearsCache?: boolean;
}

/** The oldest Go that builds every module here: the newest `go` line of their go.mod. */
const oldestGo = [1, 26] as const;

/** Static binaries from a reproducible build: no paths, no symbols, no cgo. */
export function goArtefact(some: GoPrograms): Artefact {
  const { name, module, programs, set = {}, areTests = false, clearsCache = false } = some;
  return {
    name,
    // added for tests only: any change here builds the programs again
    from: [contentsOf(module, /(\.go|\.mod|\.sum)$/), programs, set, ...(areTests ? ["tests"] : [])],
    async make(folder, report) {
      await ensureGo();
      const compiled = compilerCache({ cache: dirname(folder) });
      const go = (args: readonly string[], onLine?: (line: string) => void) =>
        run("go", args, {
          cwd: module,
          onLine,
          env: { ...goEnvironment, GOCACHE: compiled },
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
            // -v prints each package that is compiled, but not those in the compiler's cache; for tests it prints none
            if (/^[\w./-]+$/.test(line)) report(`${program}: ${++built}/${all} packages`);
            else if (line.startsWith("go: downloading ")) report(line.slice("go: ".length));
          });
        }
        if (clearsCache) await rm(compiled, { recursive: true, force: true });
      }, report);
    },
  };
}

/**
 * The compiler's cache. Kubernetes leaves several GB in it that no later build uses, so the folder is removed when everything
 * is built. After an interrupted run, the next run uses it.
 */
export const compilerCache = ({ cache }: Pick<Place, "cache">) => join(cache, "go-build");

/** Environment of every build and test: the pinned versions, and the installed toolchain. */
export const goEnvironment = {
  CGO_ENABLED: "0",
  GOOS: "linux",
  GOARCH: "amd64",
  GOFLAGS: "-mod=readonly",
  GOWORK: "off",
  GOTOOLCHAIN: "local",
} as const;

/** @throws LabError if there is no Go toolchain, or if it is too old */
export async function ensureGo(): Promise<void> {
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

/** Runs one Go build at a time: each uses all cores and much memory. */
async function oneAtATime<T>(work: () => Promise<T>, report: Report): Promise<T> {
  report("waiting for another build");
  const result = last.then(work, work);
  last = result.catch(() => undefined);
  return result;
}
