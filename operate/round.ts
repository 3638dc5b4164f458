import { readFileSync } from "node:fs";
import { join } from "node:path";
import { clockOf } from "../host/facts";
import { type Answer, runOverSsh } from "../host/ssh";
import { fact, readFacts, shown } from "./facts";
import { askFromHere } from "./from-here";
import { type HostPlan, type Plan, variablesOf } from "./plan";
import type { Reading, View } from "./view";

const script = readFileSync(join(__dirname, "host.sh"), "utf8");

/** Seconds for the script of a host. It ends by itself earlier. */
const scriptSeconds = 20;

/** Seconds after which a host counts as one that does not answer, whatever ssh does: connecting, script, and a little more. */
const hostSeconds = { direct: 35, behindJump: 55 };

/** Bytes that a host may print. */
const mostBytes = 8_000_000;

/** Reads all hosts at once, one connection each, and the endpoint from here. */
export async function readRound(plan: Plan): Promise<View> {
  const [fromHere, ...readings] = await Promise.all([
    askFromHere(plan),
    ...plan.hosts.map((host) => readHost(plan, host)),
  ]);
  return { plan, readings, fromHere, now: new Date() };
}

async function readHost(plan: Plan, host: HostPlan): Promise<Reading> {
  return readingOf(host, await askHost(host, `${variablesOf(plan, host)}${script}`));
}

/** Runs a script on a host. It returns even where ssh hangs. */
export async function askHost(host: HostPlan, text: string): Promise<Answer> {
  const seconds = host.target.proxyJump === undefined ? hostSeconds.direct : hostSeconds.behindJump;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer>((resolve) => {
    timer = setTimeout(() => resolve({ kind: "failed", said: `no answer within ${seconds} s` }), seconds * 1000);
  });
  const asked = runOverSsh(host.target, text, { seconds: scriptSeconds, patienceSeconds: 0, mostBytes }).catch(
    (error: unknown): Answer => ({ kind: "failed", said: (error as Error).message }),
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function readingOf(host: HostPlan, answer: Answer): Reading {
  if (answer.kind !== "answered") {
    return { host, kind: answer.kind, said: shown(answer.said) || "no reason given" };
  }
  const facts = readFacts(answer.output);
  return { host, kind: "answered", facts, clock: clockOf(host.name, fact(facts, "time") ?? "", answer.begun) };
}
