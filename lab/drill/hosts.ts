import { baseImage } from "../artefacts/base-image";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { lastLine, pause, tryRun } from "../base/process";
import { plainProgress } from "../base/progress";
import { planLab, createHosts } from "../commands/up";
import { containerOf, removeContainer } from "../hosts/containers";
import { docker } from "../machine/docker";
import { probeContainer } from "./probe";

/** A name in the arguments of the processes that keep the processors busy. */
const busyProcess = "kube-control-burner";

/** The container of these processes. */
const loadContainer = (place: Place) => `${place.prefix}-load`;

type Names = readonly string[];

/** Acts on the lab's hosts from outside, as on machines in a rack: power, network links, and a root shell. */
export class Hosts {
  /** The port of the lab's bridge to which a host is connected. It changes with every start of the host. */
  private readonly bridgePorts = new Map<string, string>();

  /** @param started is called after hosts were started, because their process ids have changed */
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

  /** A power loss. Cuts the link first: the kernel would still send FIN or RST for a killed container. */
  async powerOff(hosts: Names): Promise<void> {
    await this.cut(hosts);
    for (const host of hosts) this.bridgePorts.delete(host);
    await this.docker(["kill"], hosts);
  }

  /** Powers hosts on. */
  async powerOn(hosts: Names): Promise<void> {
    await this.docker(["start"], hosts);
    await this.started();
  }

  /** Powers a machine off, and replaces it by an empty one. */
  async replace(host: string): Promise<void> {
    await this.powerOff([host]);
    await removeContainer(this.place, { name: host });
    const silent = plainProgress(() => undefined);
    await createHosts(planLab(this.place), silent);
    await this.started();
  }

  /** Disables the hosts' ports on the bridge. The hosts do not notice, because their links stay up. */
  async cut(hosts: Names): Promise<void> {
    await Promise.all(hosts.map((host) => this.setPortState(host, 0)));
  }

  async reconnect(hosts: Names): Promise<void> {
    await Promise.all(hosts.map((host) => this.setPortState(host, 3)));
  }

  private async setPortState(host: string, state: number): Promise<void> {
    await this.onMachine(["bridge", "link", "set", "dev", await this.bridgePortOf(host), "state", String(state)]);
  }

  /** The bridge port of a host. Look it up before the fault, while the host answers; it is kept. */
  async bridgePortOf(host: string): Promise<string> {
    const known = this.bridgePorts.get(host);
    if (known !== undefined) return known;
    const index = await this.shell(host, "cat /sys/class/net/eth0/iflink");
    const links = await this.onMachine(["ip", "-o", "link"]);
    const port = new RegExp(`^${index}: ([^@:]+)`, "m").exec(links)?.[1];
    if (port === undefined) throw new LabError(`this machine has no interface ${index}, the bridge port of ${host}`);
    this.bridgePorts.set(host, port);
    return port;
  }

  /** Starts two busy processes per processor of this machine, for so many seconds. */
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
      ...["timeout", String(seconds), "sh", "-c", "while :; do :; done", busyProcess],
    ]);
    await pause(1);
    const busy = await docker(["top", loadContainer(this.place), "-eo", "pid,args"]);
    if (!busy.includes(busyProcess)) throw new LabError("the load did not start", undefined, busy);
  }

  /** Stops the load early. */
  async stopLoad(): Promise<void> {
    await tryRun("docker", ["rm", "--force", loadContainer(this.place)]);
  }

  /** The process ids on this machine of the hosts' first processes. */
  async pids(hosts: Names): Promise<Record<string, number>> {
    const said = await this.docker(["inspect", "--format", "{{.State.Pid}}"], hosts);
    return Object.fromEntries(said.split("\n").map((pid, index) => [hosts[index] ?? "", Number(pid)]));
  }

  /** Runs a Docker command on the hosts' containers. */
  docker(command: readonly string[], hosts: Names): Promise<string> {
    return docker([...command, ...hosts.map((name) => containerOf(this.place, { name }))]);
  }

  /** Runs a command in this machine's network namespace, in the probe's container: it needs no root on this machine. */
  private onMachine(command: readonly string[]): Promise<string> {
    return docker(["exec", probeContainer(this.place), ...command]);
  }
}
