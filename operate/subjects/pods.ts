import { z } from "zod";
import { fact, jsonAnswer, printable } from "../facts";
import { type Finding, type Subject } from "../finding";
import { answered, type View } from "../view";

/** The API server's table of pods, as kubectl prints it. */
const tableShape = z.object({
  columnDefinitions: z.array(z.object({ name: z.string() })).max(50),
  rows: z.array(z.object({ cells: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])) })).max(20_000),
});

interface Pod {
  readonly name: string;
  readonly ready: string;
  readonly status: string;
}

/** Maximum number of pods that are listed; further ones are counted. */
const mostListed = 3;

/** The pods of the namespace kube-system must be ready. */
export function pods(view: View): Subject {
  const list = answered(view, "master")
    .map(({ facts }) => podsOf(fact(facts, "system-pods")))
    .find((one) => one !== undefined);
  const bad = (list ?? []).filter((pod) => !isReady(pod));
  return {
    name: "system pods",
    summary: `${(list ?? []).length} ready`,
    findings:
      list === undefined
        ? [
            {
              level: "unknown",
              what: "no API server lists the pods of kube-system",
              todo: "See the lines of the API servers and of etcd.",
            },
          ]
        : findingsOf(bad),
    facts: list === undefined ? null : { pods: list.length, notReady: bad },
  };
}

function podsOf(text: string | undefined): Pod[] | undefined {
  const { data } = tableShape.safeParse(jsonAnswer(text));
  if (data === undefined) return undefined;
  const column = (name: string) => data.columnDefinitions.findIndex((one) => one.name === name);
  const [name, ready, status] = ["Name", "Ready", "Status"].map(column) as [number, number, number];
  const cell = (cells: readonly (string | number | boolean | null)[], index: number) =>
    printable(String(cells[index] ?? "")).slice(0, 260);
  return data.rows.map(({ cells }) => ({
    name: cell(cells, name),
    ready: cell(cells, ready),
    status: cell(cells, status),
  }));
}

function isReady({ ready, status }: Pod): boolean {
  if (/^(Completed|Succeeded)$/.test(status)) return true;
  const [some, all] = ready.split("/");
  return status === "Running" && some !== undefined && some === all;
}

function findingsOf(bad: readonly Pod[]): Finding[] {
  const more = bad.length - mostListed;
  return bad.slice(0, mostListed).map(({ name, ready, status }, index): Finding => ({
    level: "degraded",
    what:
      `pod ${name} is not ready: ${status}, ${ready}` +
      (index === mostListed - 1 && more > 0 ? `, and ${more} more` : ""),
    todo: `Run kubectl -n kube-system describe pod ${name}.`,
  }));
}
