import type { z } from "zod";
import { fact, type HostFacts, printable, rows, shown } from "../facts";
import { type Finding, unknown } from "../finding";

/** What each program writes about its last run, besides its own fields. */
interface Run {
  readonly result: "ok" | "failed";
  readonly message: string;
}

/** A service that a timer starts, as its host reports it. */
export interface TimedUnit<Last extends Run = Run> {
  /** systemd's state of the service: `activating` while it runs. */
  readonly state?: string;
  /** systemd's result of the last run of the service, e.g. `success`, `exit-code` or `timeout`. */
  readonly result?: string;
  readonly timer?: { readonly active: string; readonly enabled: string };
  /** What the program wrote about its last run. */
  readonly last?: Last;
}

/** Reads the facts NAME-service, NAME-timer and NAME-last (operate/host.sh). */
export function timedUnit<Last extends Run>(facts: HostFacts, name: string, shape: z.ZodType<Last>): TimedUnit<Last> {
  const [[state, result] = []] = rows(facts, `${name}-service`);
  const [[active, enabled] = []] = rows(facts, `${name}-timer`);
  return {
    ...{ state, result },
    timer: active === undefined || enabled === undefined ? undefined : { active, enabled },
    last: lastOf(facts, name, shape),
  };
}

function lastOf<Last>(facts: HostFacts, name: string, shape: z.ZodType<Last>): Last | undefined {
  try {
    const value: unknown = JSON.parse(fact(facts, `${name}-last`) ?? "", (_, inner: unknown) =>
      typeof inner === "string" ? printable(inner) : inner,
    );
    return shape.safeParse(value).data;
  } catch {
    return undefined;
  }
}

interface Named {
  readonly host: string;
  /** What the service does, after "its" and "the": `backup`. */
  readonly noun: string;
  /** One run of it: `backup of k8s-master1`. */
  readonly run: string;
  /** Name of the unit without suffix. */
  readonly unit: string;
}

/** What to do about a run that failed. */
export const journalOf = (unit: string) =>
  `Run journalctl -u ${unit} there. When the cause is removed: systemctl start ${unit}.`;

/** Whether the last run failed. While the service runs, systemd does not know its result yet. */
export const hasFailed = ({ state, result, last }: TimedUnit): boolean =>
  (state !== "activating" && result !== undefined && result !== "success") || last?.result === "failed";

/** Problems of the timer, and of the last run. */
export function timedUnitFindings({ host, noun, run, unit }: Named, seen: TimedUnit): Finding[] {
  const { timer, result, last } = seen;
  if (timer === undefined) return [unknown(host, `the timer of its ${noun}`)];
  const find = (what: string, todo: string): Finding => ({ level: "degraded", host, what, todo });
  const findings: Finding[] = [];
  if (timer.active !== "active" || timer.enabled !== "enabled") {
    const what = `the timer of the ${noun} on ${host} is ${timer.active} and ${timer.enabled}`;
    findings.push(find(what, `Run systemctl enable --now ${unit}.timer there.`));
  }
  if (hasFailed(seen)) {
    const why = last?.result === "failed" && last.message !== "" ? last.message : (result ?? "no reason given");
    findings.push(find(`the last ${run} failed: ${shown(why, 200)}`, journalOf(unit)));
  }
  return findings;
}
