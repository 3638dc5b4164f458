import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { run, tryRun } from "../base/process";
import type { Report } from "../base/progress";
import { needPrograms, whereIs } from "./apt";

/** Runs `docker ARGS`; its standard output without the last newline. */
export async function docker(args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<string> {
  return (await run("docker", args, options)).trimEnd();
}

const pidFile = (place: Place) => join(place.folder, "dockerd.pid");
const logFile = (place: Place) => join(place.folder, "dockerd.log");

async function serverVersion(): Promise<string | undefined> {
  const { code, stdout } = await tryRun("docker", ["version", "--format", "{{.Server.Version}}"], { seconds: 20 });
  return code === 0 ? stdout.trim() : undefined;
}

/** Sees to a Docker that answers: the one that runs; else the one that is installed, started; else apt's. */
export async function needDocker(place: Place, report: Report): Promise<string> {
  if (whereIs("docker") !== undefined) {
    const version = await serverVersion();
    if (version !== undefined) {
      return `Docker ${version}`;
    }
  }
  // where systemd runs, the package starts Docker itself
  await needPrograms({ docker: "docker.io", dockerd: "docker.io", iptables: "iptables" }, report);
  report("starting dockerd");
  if (existsSync("/run/systemd/system")) {
    await run("systemctl", ["start", "docker"], { todo: "See `journalctl -u docker`." });
  } else {
    startDaemon(place);
  }
  for (let attempt = 0; attempt < 120; attempt++) {
    const version = await serverVersion();
    if (version !== undefined) {
      return `Docker ${version}, started`;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const log = existsSync(logFile(place)) ? readFileSync(logFile(place), "utf8").split("\n").slice(-15).join("\n") : "";
  throw new LabError(
    "Docker does not answer",
    "Start Docker, see that this user may use it (`docker version`), then run the lab again.",
    log,
  );
}

/** Where no systemd runs, dockerd is started by hand. It outlives this command, and `down` unless told otherwise. */
function startDaemon(place: Place): void {
  if (process.getuid?.() !== 0) {
    throw new LabError(
      "Docker does not run, and starting it takes root",
      "Start it: `sudo dockerd &`, or run as root.",
    );
  }
  mkdirSync(place.folder, { recursive: true });
  const log = openSync(logFile(place), "a");
  const daemon = spawn(whereIs("dockerd") ?? "dockerd", [], { cwd: "/", detached: true, stdio: ["ignore", log, log] });
  daemon.on("error", () => undefined);
  daemon.unref();
  writeFileSync(pidFile(place), `${daemon.pid}\n`);
}

/** Ends the dockerd that the lab started, if it did and it still runs. */
export async function stopDaemon(place: Place): Promise<boolean> {
  if (!existsSync(pidFile(place))) {
    return false;
  }
  const pid = Number(readFileSync(pidFile(place), "utf8"));
  rmSync(pidFile(place));
  const name = () => {
    try {
      return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    } catch {
      return "";
    }
  };
  if (name() !== "dockerd") {
    return false; // it has ended, and another process may carry its number
  }
  process.kill(pid, "SIGTERM");
  for (let attempt = 0; attempt < 60 && name() === "dockerd"; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return name() !== "dockerd";
}
