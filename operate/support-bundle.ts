import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { mask } from "./mask";
import { type Part, partsOf } from "./parts";
import { type HostPlan, type Plan, variablesOf } from "./plan";
import { askHost } from "./round";

const script = readFileSync(join(__dirname, "files.sh"), "utf8");

/** Limits of one host. */
const limits = { seconds: 120, mostBytes: 60_000_000 };

/**
 * Writes a .tar.gz for a bug report that only its owner can read: the parts of each host, and further parts. All parts are
 * masked on this machine, even if a host has masked them.
 *
 * @param file absolute path
 *
 * @returns the hosts that could not be read, with the reason
 */
export async function writeSupportBundle(plan: Plan, file: string, further: readonly Part[]): Promise<string[]> {
  const hosts = await Promise.all(plan.hosts.map((host) => partsOfHost(plan, host)));
  const failures = hosts.flatMap(({ failure }) => failure ?? []);
  const parts = [...further, ...hosts.flatMap((host) => host.parts)];
  await archive(`kube-control-${plan.stack}`, parts, file);
  return failures;
}

async function partsOfHost(plan: Plan, host: HostPlan): Promise<{ parts: Part[]; failure?: string }> {
  const mark = `@kube-control-${randomBytes(8).toString("hex")}`;
  const answer = await askHost(host, `MARK='${mark}'\n${variablesOf(plan, host)}${script}`, limits);
  return answer.kind === "answered"
    ? { parts: partsOf(answer.output, mark).map(({ path, content }) => ({ path: `${host.name}/${path}`, content })) }
    : { parts: [], failure: `${host.name}: ${answer.said}` };
}

/** Packs the parts with the system's tar. */
async function archive(name: string, parts: readonly Part[], file: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "kube-control."));
  const unfinished = join(dirname(file), `.${basename(file)}.${process.pid}`);
  try {
    for (const { path, content } of parts) {
      const at = join(scratch, name, path);
      await mkdir(dirname(at), { recursive: true, mode: 0o700 });
      await writeFile(at, mask(content), { mode: 0o600 });
    }
    await pack(scratch, name, unfinished);
    await rename(unfinished, file);
  } finally {
    await rm(scratch, { recursive: true, force: true });
    await rm(unfinished, { force: true });
  }
}

async function pack(folder: string, name: string, file: string): Promise<void> {
  const tar = spawn("tar", ["-C", folder, "-cz", name], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((done, fail) => {
    tar.on("error", (error) => fail(new Error(`cannot start tar: ${error.message}`)));
    tar.on("close", (code) => (code === 0 ? done() : fail(new Error(`tar failed (exit ${code ?? "by a signal"})`))));
  });
  await Promise.all([ended, pipeline(tar.stdout, createWriteStream(file, { mode: 0o600, flags: "wx" }))]);
}
