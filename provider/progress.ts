import type { CreateResult, DiffResult, UpdateResult } from "@pulumi/pulumi/provider";

/** Digests of the steps of each host, as the engine sends them: a secret one is a wrapped value. */
export type Digests = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface ProgressInputs {
  /** The steps of the configuration. */
  readonly wanted: Digests;
  /** Hosts that do not answer in this run. Empty in a preview, which connects to no host. */
  readonly unreachable?: readonly string[];
}

export interface ProgressOutputs {
  readonly wanted: Digests;
  /** The steps that were done: for a host that did not answer, those of earlier runs. */
  readonly done: Digests;
  /** Steps that remain on a host that did not answer, by host. */
  readonly undone: Readonly<Record<string, readonly string[]>>;
}

const same = (one: unknown, other: unknown) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

function sorted(value: unknown): unknown {
  return typeof value !== "object" || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([key, inner]) => [key, sorted(inner)]),
      );
}

function outputs(before: Digests, { wanted, unreachable = [] }: ProgressInputs): ProgressOutputs {
  const done: Record<string, Digests[string]> = {};
  const undone: Record<string, string[]> = {};
  for (const [host, steps] of Object.entries(wanted)) {
    if (!unreachable.includes(host)) {
      done[host] = steps;
      continue;
    }
    const known = before[host] ?? {};
    done[host] = known;
    const open = Object.keys(steps).filter((step) => !same(known[step], steps[step]));
    if (open.length > 0) {
      undone[host] = open;
    }
  }
  return { wanted, done, undone };
}

export function diff(olds: ProgressOutputs, news: ProgressInputs): DiffResult {
  return { changes: !same(olds.done, news.wanted) };
}

export function create(inputs: ProgressInputs): CreateResult {
  return { id: "progress", outs: outputs({}, inputs) };
}

export function update(olds: ProgressOutputs, news: ProgressInputs): UpdateResult {
  return { outs: outputs(olds.done, news) };
}
