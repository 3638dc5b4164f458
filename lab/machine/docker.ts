import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../base/error";
import { type Place, privateFolder } from "../base/place";
import { run, tryRun, until } from "../base/process";
import type { Progress, Report } from "../base/progress";
import { inTurn } from "../base/turn";
import { needPrograms, whereIs } from "./apt";

/** Runs `docker ARGS`; its standard output without the last newline. */
export async function docker(args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<string> {
  return (await run("docker", args, options)).trimEnd();
}

/** What `docker KIND inspect` says of an object in a format; undefined where there is no such object. */
export async function inspect(kind: string, name: string, format: string): Promise<string | undefined> {
  const { code, stdout } = await tryRun("docker", [kind, "inspect", "--format", format, name]);
  return code === 0 ? stdout.trim() : undefined;
}

/** Starts Docker and enters a network there, or leaves it, while no other lab of this machine does. */
export const dockerInTurn = <T>(progress: Progress, work: () => Promise<T>): Promise<T> =>
  inTurn("docker", progress, "Waiting for another lab that comes to Docker or goes", work);

const pidFile = (place: Place) => join(place.folder, "dockerd.pid");
const logFile = (place: Place) => join(place.folder, "dockerd.log");

/** Version of the Docker that answers; undefined where none does. */
export async function dockerVersion(): Promise<string | undefined> {
  if (whereIs("docker") === undefined) return undefined;
  const { code, stdout } = await tryRun("docker", ["version", "--format", "{{.Server.Version}}"], { seconds: 20 });
  return code === 0 ? stdout.trim() : undefined;
}

/** Sees to a Docker that answers: the one that runs; else the one that is installed, started; else apt's. */
export async function needDocker(place: Place, report: Report): Promise<string> {
  const running = await dockerVersion();
  if (running !== undefined) {
    return `Docker ${running}`;
  }
  // where systemd runs, the package starts Docker itself
  await needPrograms({ docker: "docker.io", dockerd: "docker.io", iptables: "iptables" }, report);
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
      "Start Docker, see that this user may use it (`docker version`), then run the lab again.",
      existsSync(logFile(place)) ? readFileSync(logFile(place), "utf8").split("\n").slice(-15).join("\n") : "",
    );
  }
  return `Docker ${started}, started`;
}

/** Where no systemd runs, dockerd is started by hand. It outlives this command, and `down` unless told otherwise. */
function startDaemon(place: Place): void {
  if (process.getuid?.() !== 0) {
    throw new LabError(
      "Docker does not run, and starting it takes root",
      "Start it: `sudo dockerd &`, or run as root.",
    );
  }
  privateFolder(place.folder);
  const log = openSync(logFile(place), "a");
  const daemon = spawn(whereIs("dockerd") ?? "dockerd", [], { cwd: "/", detached: true, stdio: ["ignore", log, log] });
  daemon.on("error", () => undefined);
  daemon.unref();
  writeFileSync(pidFile(place), `${daemon.pid}\n`);
}

/** Ends the dockerd that the lab started, if it did and it still runs. */
export async function stopDaemon(place: Place): Promise<boolean> {
  if (!existsSync(pidFile(place))) return false;
  const pid = Number(readFileSync(pidFile(place), "utf8"));
  rmSync(pidFile(place));
  // another process may carry the number of one that has ended
  const runs = () => {
    try {
      return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "dockerd";
    } catch {
      return false;
    }
  };
  if (!runs()) return false;
  process.kill(pid, "SIGTERM");
  const end = () => Promise.resolve(!runs());
  return until(end, (ended) => ended, { seconds: 30 });
}
