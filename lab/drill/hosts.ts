import { baseImage } from "../artefacts/base-image";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { lastLine, pause, tryRun } from "../base/process";
import { plainProgress } from "../base/progress";
import { planLab, raiseHosts } from "../commands/up";
import { containerOf, removeContainer } from "../hosts/containers";
import { docker } from "../machine/docker";
import { probeContainer } from "./probe";

/** By which the processes that keep processors busy are known. */
const burner = "kube-control-burner";

/** Docker's default of processor shares. */
export const usualShares = 1024;

type Names = readonly string[];

/** What can be done to the lab's hosts from outside, as to machines in a rack: power, cables, and a root shell. */
export class Hosts {
  /** Which of this machine's interfaces is a host's cable; it is plugged in anew with every start. */
  private readonly cables = new Map<string, string>();
  private readonly burning: string;

  /** @param started is told of the hosts that were started, whose processes are new ones */
  constructor(
    private readonly place: Place,
    private readonly started: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.burning = `${place.prefix}-load`;
  }

  /** Runs shell text as root on a host. */
  async shell(host: string, script: string, seconds = 30): Promise<string> {
    const container = containerOf(this.place, { name: host });
    const finished = await tryRun("docker", ["exec", "-i", container, "bash", "-s"], {
      input: `set -euo pipefail\n${script}`,
      seconds,
    });
    if (finished.code !== 0) throw new LabError(`${host}: ${lastLine(finished)}`, undefined, script);
    return finished.stdout.trimEnd();
  }

  /** The power goes: not a word more comes from it, while of a container that is killed the kernel would say goodbye. */
  async kill(hosts: Names): Promise<void> {
    await this.cut(hosts);
    for (const host of hosts) this.cables.delete(host);
    await this.docker(["kill"], hosts);
  }

  /** The power comes back. */
  async start(hosts: Names): Promise<void> {
    await this.docker(["start"], hosts);
    await this.started();
  }

  /** The machine is switched off and thrown away, and an empty one is put in its place. */
  async replace(host: string): Promise<void> {
    await this.kill([host]);
    await removeContainer(this.place, { name: host });
    await raiseHosts(
      planLab(this.place),
      plainProgress(() => undefined),
    );
    await this.started();
  }

  /** Nothing on the hosts runs any more, and nothing is forgotten. */
  async freeze(hosts: Names): Promise<void> {
    await this.docker(["pause"], hosts);
  }

  async thaw(hosts: Names): Promise<void> {
    await this.docker(["unpause"], hosts);
  }

  /** The switch's ports go dead: nothing comes or goes, and the hosts are not told, since their links stay up. */
  async cut(hosts: Names): Promise<void> {
    await Promise.all(hosts.map((host) => this.port(host, 0)));
  }

  async reconnect(hosts: Names): Promise<void> {
    await Promise.all(hosts.map((host) => this.port(host, 3)));
  }

  private async port(host: string, state: number): Promise<void> {
    await this.prepare(host);
    await this.outside(["bridge", "link", "set", "dev", this.cables.get(host) ?? "", "state", String(state)]);
  }

  /** Looks up the cable before it is needed, while the host answers. */
  async prepare(host: string): Promise<void> {
    if (this.cables.has(host)) return;
    const index = (await this.shell(host, "cat /sys/class/net/eth0/iflink")).trim();
    const links = await this.outside(["ip", "-o", "link"]);
    const cable = new RegExp(`^${index}: ([^@:]+)`, "m").exec(links)?.[1];
    if (cable === undefined) throw new LabError(`${host} has no cable on this machine (interface ${index})`);
    this.cables.set(host, cable);
  }

  /** Keeps every processor of this machine busy for so many seconds, twice over. */
  async load(seconds: number): Promise<void> {
    await docker([
      ...["run", "--detach", "--rm", "--name", this.burning, "--label", this.place.label],
      ...["--entrypoint", "sh", baseImage, "-c", 'for _ in $(seq $((2 * $(nproc)))); do "$@" & done; wait', "sh"],
      ...["timeout", String(seconds), "sh", "-c", "while :; do :; done", burner],
    ]);
    await pause(1);
    const busy = await docker(["top", this.burning, "-eo", "pid,args"]);
    if (!busy.includes(burner)) throw new LabError("nothing keeps the processors busy", undefined, busy);
  }

  /** Ends the load before its time. */
  async relieve(): Promise<void> {
    await tryRun("docker", ["rm", "--force", this.burning]);
  }

  /** Gives hosts Docker's shares of the processors, for when processor time is short. */
  async share(shares: number, hosts: Names): Promise<void> {
    await this.docker(["update", "--cpu-shares", String(shares)], hosts);
  }

  /** Process ids of the hosts' first processes on this machine. */
  async pids(hosts: Names): Promise<Record<string, number>> {
    const said = await this.docker(["inspect", "--format", "{{.State.Pid}}"], hosts);
    return Object.fromEntries(said.split("\n").map((pid, index) => [hosts[index] ?? "", Number(pid)]));
  }

  private docker(command: readonly string[], hosts: Names): Promise<string> {
    return docker([...command, ...hosts.map((name) => containerOf(this.place, { name }))]);
  }

  /** Runs a command in this machine's network, through the probe's container: it takes no root here. */
  private outside(command: readonly string[]): Promise<string> {
    return docker(["exec", probeContainer(this.place), ...command]);
  }
}
