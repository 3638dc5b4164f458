import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { clockOf } from "../host/facts";
import { type Answer, runOverSsh } from "../host/ssh";
import { fact, readFacts, shown } from "./facts";
import { askFromHere } from "./from-here";
import { type HostPlan, type Plan, variablesOf } from "./plan";
import type { Reading, View } from "./view";

const script = readFileSync(join(__dirname, "host.sh"), "utf8");

/** Limits of a host's script. The script itself ends earlier. */
const roundLimits = { seconds: 20, mostBytes: 8_000_000 };

/** Additional seconds to connect and to end the script. After them the host counts as failed, even if ssh still runs. */
const beside = { direct: 15, behindJump: 35 };

/** Reads all hosts at the same time, over one connection each, and asks the endpoint from this machine. */
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

/** Runs a script on a host. It returns even if ssh hangs. The script must read the input, which follows it. */
export async function askHost(
  host: HostPlan,
  text: string,
  limits: { readonly seconds: number; readonly mostBytes: number } = roundLimits,
  input?: Readable,
): Promise<Answer> {
  const seconds = limits.seconds + (host.target.proxyJump === undefined ? beside.direct : beside.behindJump);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer>((resolve) => {
    timer = setTimeout(() => resolve({ kind: "failed", said: `no answer within ${seconds} s` }), seconds * 1000);
  });
  const asked = runOverSsh(host.target, text, { ...limits, patienceSeconds: 0 }, input).catch(
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
