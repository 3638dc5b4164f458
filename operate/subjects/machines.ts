import { fact, type HostFacts, numberOf, rows } from "../facts";
import { type Finding, type Subject, unknown } from "../finding";
import { answered, type View } from "../view";

interface Disk {
  readonly folder: string;
  readonly totalKib: number;
  readonly freeKib: number;
  /** Part of the inodes that is free; undefined for a file system without a fixed number of them. */
  readonly freeInodes?: number;
}

/** Free parts below which the operator must act. kubelet evicts pods below 10 % of a disk. */
const least = { disk: 0.1, inodes: 0.05, memory: 0.05 };

/** Disk and memory of each host. */
export function machines(view: View): Subject {
  const all = answered(view).map(({ host, facts }) => ({
    name: host.name,
    disks: disksOf(facts),
    memory: memoryOf(facts),
    load: fact(facts, "load")?.split(" ").map(Number),
    cpus: numberOf(fact(facts, "cpus")),
    uptimeSeconds: numberOf(fact(facts, "uptime")),
  }));
  const fullest = Math.min(1, ...all.flatMap(({ disks }) => disks.map(({ freeKib, totalKib }) => freeKib / totalKib)));
  const tightest = Math.min(
    1,
    ...all.flatMap(({ memory }) => (memory === undefined ? [] : [memory.availableKib / memory.totalKib])),
  );
  return {
    name: "disk, memory",
    summary: `at least ${percent(fullest)} of each disk and ${percent(tightest)} of memory free`,
    findings: all.flatMap(({ name, disks, memory }) => [
      ...(disks.length === 0
        ? [unknown(name, "the free space of its disks")]
        : disks.flatMap((disk) => diskFindings(name, disk))),
      ...(memory === undefined ? [unknown(name, "its free memory")] : memoryFindings(name, memory)),
    ]),
    facts: Object.fromEntries(all.map(({ name, ...of }) => [name, of])),
  };
}

const percent = (part: number) => `${Math.floor(part * 100)} %`;

function disksOf(facts: HostFacts): Disk[] {
  return rows(facts, "disk").flatMap(([folder = "", ...texts]) => {
    const [totalKib, freeKib, inodes, freeInodes] = texts.map(numberOf);
    if (totalKib === undefined || freeKib === undefined || totalKib <= 0) return [];
    const part = inodes !== undefined && freeInodes !== undefined && inodes > 0 ? freeInodes / inodes : undefined;
    return [{ folder, totalKib, freeKib, ...(part === undefined ? {} : { freeInodes: part }) }];
  });
}

function memoryOf(facts: HostFacts): { totalKib: number; availableKib: number } | undefined {
  const [totalKib, availableKib] = (fact(facts, "memory") ?? "").split(" ").map(numberOf);
  return totalKib === undefined || availableKib === undefined || totalKib <= 0 ? undefined : { totalKib, availableKib };
}

function diskFindings(host: string, { folder, totalKib, freeKib, freeInodes }: Disk): Finding[] {
  const find = (what: string): Finding => ({
    level: "degraded",
    host,
    what,
    todo: "Remove what fills it: journalctl --vacuum-size=200M, crictl rmi --prune, /var/log.",
  });
  return [
    ...(freeKib < least.disk * totalKib
      ? [
          find(
            `the disk of ${folder} on ${host} has ${percent(freeKib / totalKib)} free (${Math.floor(freeKib / 1024)} MiB)`,
          ),
        ]
      : []),
    ...(freeInodes !== undefined && freeInodes < least.inodes
      ? [find(`the disk of ${folder} on ${host} has ${percent(freeInodes)} of its inodes free`)]
      : []),
  ];
}

function memoryFindings(host: string, memory: { totalKib: number; availableKib: number }): Finding[] {
  const { totalKib, availableKib } = memory;
  return availableKib < least.memory * totalKib
    ? [
        {
          level: "degraded",
          host,
          what: `${host} has ${Math.floor(availableKib / 1024)} MiB of memory available, of ${Math.floor(totalKib / 1024)} MiB`,
          todo: "Find what uses it: ps -eo rss,args --sort -rss | head.",
        },
      ]
    : [];
}
