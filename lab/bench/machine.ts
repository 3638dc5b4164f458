import { cpus, release, totalmem, type } from "node:os";

/** The machine that a measurement was made on, without its name. */
export interface Machine {
  readonly kernel: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
}

export function machine(): Machine {
  return {
    // what distributions and hosting companies append says nothing here
    kernel: `${type()} ${/^\d+\.\d+(\.\d+)?/.exec(release())?.[0] ?? release()}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

export function describe({ kernel, processor, cores, memoryGiB, node }: Machine): string {
  return `${kernel}, ${cores} cores (${processor}), ${memoryGiB} GiB of memory, Node.js ${node}`;
}
