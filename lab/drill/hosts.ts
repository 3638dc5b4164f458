import { baseImage } from "../artefacts/base-image";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { lastLine, pause, tryRun } from "../base/process";
import { plainProgress } from "../base/progress";
import { planLab, createHosts } from "../commands/up";
import { containerOf, removeContainer } from "../hosts/containers";
import { docker } from "../machine/docker";
import { probeContainer } from "./probe";

/** By which the processes that keep processors busy are known. */
const burner = "kube-control-burner";

/** The container of the load. */
const loadContainer = (place: Place) => `${place.prefix}-load`;

type Names = readonly string[];

/** What can be done to the lab's hosts from outside, as to machines in a rack: power, bridgePorts, and a root shell. */
export class Hosts {
  /** Which of this machine's interfaces is a host's cable; it is plugged in anew with every start. */
  private readonly bridgePorts = new Map<string, string>();

  /** @param started is told of the hosts that were started, whose processes are new ones */
  constructor(
    private readonly place: Place,
    private readonly started: () => Promise<void> = () => Promise.resolve(),
  ) {}

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
    for (const host of hosts) this.bridgePorts.delete(host);
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
    const silent = plainProgress(() => undefined);
    await createHosts(planLab(this.place), silent);
    await this.started();
  }

  /** The switch's ports go dead: nothing comes or goes, and the hosts are not told, since their links stay up. */
  async cut(hosts: Names): Promise<void> {
    await Promise.all(hosts.map((host) => this.port(host, 0)));
  }

  async reconnect(hosts: Names): Promise<void> {
    await Promise.all(hosts.map((host) => this.port(host, 3)));
  }

  private async port(host: string, state: number): Promise<void> {
    await this.outside(["bridge", "link", "set", "dev", await this.bridgePortOf(host), "state", String(state)]);
  }

  /** The cable of a host; to be looked up before it is needed, while the host answers. */
  async bridgePortOf(host: string): Promise<string> {
    const known = this.bridgePorts.get(host);
    if (known !== undefined) return known;
    const index = await this.shell(host, "cat /sys/class/net/eth0/iflink");
    const links = await this.outside(["ip", "-o", "link"]);
    const cable = new RegExp(`^${index}: ([^@:]+)`, "m").exec(links)?.[1];
    if (cable === undefined) throw new LabError(`${host} has no cable on this machine (interface ${index})`);
    this.bridgePorts.set(host, cable);
    return cable;
  }

  /** Keeps every processor of this machine busy for so many seconds, twice over. */
  async startLoad(seconds: number): Promise<void> {
    await docker([
      ...["run", "--detach", "--rm", "--name", loadContainer(this.place), "--label", this.place.label],
      ...[
        "--entrypoint",
        "sh",
        baseImage(this.place),
        "-c",
        'for _ in $(seq $((2 * $(nproc)))); do "$@" & done; wait',
        "sh",
      ],
      ...["timeout", String(seconds), "sh", "-c", "while :; do :; done", burner],
    ]);
    await pause(1);
    const busy = await docker(["top", loadContainer(this.place), "-eo", "pid,args"]);
    if (!busy.includes(burner)) throw new LabError("nothing keeps the processors busy", undefined, busy);
  }

  /** Ends the load before its time. */
  async stopLoad(): Promise<void> {
    await tryRun("docker", ["rm", "--force", loadContainer(this.place)]);
  }

  /** Process ids of the hosts' first processes on this machine. */
  async pids(hosts: Names): Promise<Record<string, number>> {
    const said = await this.docker(["inspect", "--format", "{{.State.Pid}}"], hosts);
    return Object.fromEntries(said.split("\n").map((pid, index) => [hosts[index] ?? "", Number(pid)]));
  }

  /** Runs a command of Docker's on the hosts' containers. */
  docker(command: readonly string[], hosts: Names): Promise<string> {
    return docker([...command, ...hosts.map((name) => containerOf(this.place, { name }))]);
  }

  /** Runs a command in this machine's network, through the probe's container: it takes no root here. */
  private outside(command: readonly string[]): Promise<string> {
    return docker(["exec", probeContainer(this.place), ...command]);
  }
}
