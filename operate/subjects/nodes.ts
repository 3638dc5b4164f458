import { z } from "zod";
import { fact, jsonAnswer, printable } from "../facts";
import { type Finding, listed, type Subject } from "../finding";
import { answered, hostsOf, type View } from "../view";

const word = z.string().transform((text) => printable(text).slice(0, 260));

const nodesShape = z.object({
  items: z
    .array(
      z.object({
        metadata: z.object({ name: word }),
        spec: z.object({ unschedulable: z.boolean().optional() }).optional(),
        status: z.object({
          conditions: z.array(z.object({ type: word, status: word, message: word.optional() })).default([]),
          nodeInfo: z
            .object({
              kubeletVersion: word.optional(),
              containerRuntimeVersion: word.optional(),
              osImage: word.optional(),
            })
            .optional(),
        }),
      }),
    )
    .max(5000),
});

export interface Node {
  readonly name: string;
  readonly isReady: boolean;
  readonly isCordoned: boolean;
  /** Conditions other than Ready that are not False. */
  readonly pressure: readonly string[];
  readonly message?: string;
  readonly kubelet?: string;
  readonly runtime?: string;
}

/** The nodes in the list of the first API server that answers; undefined if none answers. */
export function nodesOf(view: View): readonly Node[] | undefined {
  return listsOf(view)[0]?.nodes;
}

function listsOf(view: View): { name: string; nodes: Node[] }[] {
  return answered(view, "master").flatMap(({ host, facts }) => {
    const { data } = nodesShape.safeParse(jsonAnswer(fact(facts, "nodes")));
    return data === undefined ? [] : [{ name: host.name, nodes: data.items.map(nodeOf) }];
  });
}

function nodeOf({ metadata, spec, status }: z.output<typeof nodesShape>["items"][number]): Node {
  const ready = status.conditions.find(({ type }) => type === "Ready");
  return {
    name: metadata.name,
    isReady: ready?.status === "True",
    isCordoned: spec?.unschedulable === true,
    pressure: status.conditions
      .filter(({ type, status: is }) => type !== "Ready" && is !== "False")
      .map(({ type }) => type),
    ...(ready?.status === "True" || ready?.message === undefined ? {} : { message: ready.message }),
    kubelet: status.nodeInfo?.kubeletVersion,
    runtime: status.nodeInfo?.containerRuntimeVersion,
  };
}

/** The cluster must have the nodes of the configuration, all of them Ready, and no other nodes. */
export function nodes(view: View): Subject {
  const wanted = hostsOf(view, "master", "worker").map(({ name }) => name);
  const lists = listsOf(view);
  const list = lists[0]?.nodes;
  return {
    name: "nodes",
    summary: `${listed((list ?? []).map(({ name }) => name))} Ready`,
    findings:
      list === undefined
        ? [
            {
              level: "unknown",
              what: "no API server lists the nodes",
              todo: "See the lines of the API servers and of etcd.",
            },
          ]
        : [...list.flatMap(stateFindings), ...differences(list, wanted), ...disagreement(lists)],
    facts: list ?? null,
  };
}

function stateFindings({ name, isReady, isCordoned, pressure, message }: Node): Finding[] {
  const findings: Finding[] = [];
  const find = (what: string, todo: string) => findings.push({ level: "degraded", host: name, what, todo });
  if (!isReady) {
    const why = message === undefined ? "" : `: ${message.slice(0, 100)}`;
    find(`node ${name} is not Ready${why}`, "Check kubelet and containerd there: journalctl -u kubelet -u containerd.");
  }
  // all conditions of a node that does not answer are Unknown
  if (pressure.length > 0 && isReady) {
    find(
      `node ${name} has ${listed(pressure)}`,
      "Free what it lacks: kubelet evicts pods, and no pod is scheduled there.",
    );
  }
  if (isCordoned) {
    find(`node ${name} is cordoned: no pod is scheduled there`, `After the maintenance, run kubectl uncordon ${name}.`);
  }
  return findings;
}

function differences(list: readonly Node[], wanted: readonly string[]): Finding[] {
  const names = list.map(({ name }) => name);
  return [
    ...wanted
      .filter((name) => !names.includes(name))
      .map((name): Finding => ({
        level: "degraded",
        host: name,
        what: `the cluster has no node ${name}`,
        todo: "Run `pulumi up --refresh`: it joins the node.",
      })),
    ...names
      .filter((name) => !wanted.includes(name))
      .map((name): Finding => ({
        level: "degraded",
        what: `the cluster has a node that is not in the configuration: ${name}`,
        todo: `If it is gone for good, run kubectl delete node ${name}. Otherwise add it to the configuration.`,
      })),
  ];
}

/** API servers that list different nodes. */
function disagreement(lists: readonly { name: string; nodes: readonly Node[] }[]): Finding[] {
  const namesOf = (nodes: readonly Node[]) =>
    nodes
      .map(({ name }) => name)
      .sort()
      .join();
  const kinds = new Set(lists.map((one) => namesOf(one.nodes)));
  return kinds.size > 1
    ? [
        {
          level: "degraded",
          what: `the API servers list different nodes: ${listed(lists.map(({ name, nodes: of }) => `${name} ${of.length}`))}`,
          todo: "Run this again. If the finding remains, an API server has lost its connection to etcd: restart it.",
        },
      ]
    : [];
}
