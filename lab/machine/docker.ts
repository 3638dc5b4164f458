import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../base/error";
import { type Place, privateFolder } from "../base/place";
import { run, tryRun, until } from "../base/process";
import type { Progress, Report } from "../base/progress";
import { withLock } from "../base/lock";
import { ensurePrograms, whereIs } from "./apt";

/** Runs `docker ARGS`; returns its standard output without the last newline. */
export async function docker(args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<string> {
  return (await run("docker", args, options)).trimEnd();
}

/** The output of `docker KIND inspect` in a format; undefined if the object does not exist. */
export async function inspect(kind: string, name: string, format: string): Promise<string | undefined> {
  const { code, stdout } = await tryRun("docker", [kind, "inspect", "--format", format, name]);
  return code === 0 ? stdout.trim() : undefined;
}

/** Runs work that starts Docker, or that adds or removes a network, while no other lab of this machine does. */
export const withDockerLock = <T>(progress: Progress, work: () => Promise<T>): Promise<T> =>
  withLock("docker", progress, "Waiting for another lab, which changes Docker's networks", work);

const pidFile = (place: Place) => join(place.folder, "dockerd.pid");
const logFile = (place: Place) => join(place.folder, "dockerd.log");

/** The version of the running Docker; undefined if none answers. */
export async function dockerVersion(): Promise<string | undefined> {
  if (whereIs("docker") === undefined) return undefined;
  const { code, stdout } = await tryRun("docker", ["version", "--format", "{{.Server.Version}}"], { seconds: 20 });
  return code === 0 ? stdout.trim() : undefined;
}

/** Ensures that Docker runs: starts the installed one, or installs it with apt. */
export async function ensureDocker(place: Place, report: Report): Promise<string> {
  const running = await dockerVersion();
  if (running !== undefined) {
    return `Docker ${running}`;
  }
  // with systemd, the package starts Docker itself
  await ensurePrograms({ docker: "docker.io", dockerd: "docker.io", iptables: "iptables" }, report);
  report("starting dockerd");
  if (existsSync("/run/systemd/system")) {
    await run("systemctl", ["start", "docker"], { remedy: "See `journalctl -u docker`." });
  } else {
    startDaemon(place);
  }
  const started = await until(dockerVersion, (version) => version !== undefined, { seconds: 60 });
  if (started === undefined) {
    throw new LabError(
      "Docker does not answer",
      "Start Docker, check that this user may use it (`docker version`), then run the lab again.",
      existsSync(logFile(place)) ? readFileSync(logFile(place), "utf8").split("\n").slice(-15).join("\n") : "",
    );
  }
  return `Docker ${started}, started`;
}

/** Starts dockerd on a machine without systemd. It runs on after this command; `down` ends it if nothing else uses it. */
function startDaemon(place: Place): void {
  if (process.getuid?.() !== 0) {
    throw new LabError(
      "Docker does not run, and only root can start it",
      "Start it with `sudo dockerd &`, or run the lab as root.",
    );
  }
  privateFolder(place.folder);
  const log = openSync(logFile(place), "a");
  const daemon = spawn(whereIs("dockerd") ?? "dockerd", [], { cwd: "/", detached: true, stdio: ["ignore", log, log] });
  daemon.on("error", () => undefined);
  daemon.unref();
  writeFileSync(pidFile(place), `${daemon.pid}\n`);
}

/** Ends the dockerd that the lab started, if it still runs. Returns whether it ended one. */
export async function stopDaemon(place: Place): Promise<boolean> {
  if (!existsSync(pidFile(place))) return false;
  const pid = Number(readFileSync(pidFile(place), "utf8"));
  rmSync(pidFile(place));
  // another process may have got the pid meanwhile
  const runs = () => {
    try {
      return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "dockerd";
    } catch {
      return false;
    }
  };
  if (!runs()) return false;
  process.kill(pid, "SIGTERM");
  const hasEnded = () => Promise.resolve(!runs());
  return until(hasEnded, (ended) => ended, { seconds: 30 });
}
