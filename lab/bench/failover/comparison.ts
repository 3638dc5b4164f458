import { blackoutOf } from "../../drill/measure";
import { faultsOf, seconds } from "../../drill/report/table";
import type { Trial } from "../../drill/trial";
import { median } from "../../base/figures";
import { markdownTable, type Table } from "../../base/table";
import { counted } from "../results";
import { ours, type Profile } from "./profiles";

export interface Measurement {
  readonly profile: string;
  readonly trial: Trial;
}

/**
 * A table of faults and profiles: median and worst blackout of new connections in seconds, and the ratio to our median. A
 * blackout that lasted longer than the measurement is marked with `>`.
 */
export function comparison(seen: readonly Measurement[], profiles: readonly Profile[]): Table {
  const faults = faultsOf(seen.map(({ trial }) => trial));
  const rows = faults.map((fault) => {
    const own = trialsOf(seen, ours.name, fault).map(blackoutOf);
    const cells = profiles.map(({ name }) => {
      const trials = trialsOf(seen, name, fault);
      if (trials.length === 0) return "-";
      const values = trials.map(blackoutOf);
      const mark = trials.some(isEndless) ? ">" : "";
      const figures = `${mark}${seconds(median(values))} / ${seconds(Math.max(...values))}`;
      if (name === ours.name || own.length === 0) return figures;
      return `${figures} (${mark}${(median(values) / median(own)).toFixed(1)}×)`;
    });
    return [fault, ...cells];
  });
  return [["blackout, s: median / worst", ...profiles.map(({ name }) => name)], ...rows];
}

const trialsOf = (seen: readonly Measurement[], profile: string, fault: string) =>
  seen.filter((one) => one.profile === profile && one.trial.fault === fault).map(({ trial }) => trial);

/** Whether the blackout lasted until the recovery. */
const isEndless = ({ during, injectionEnded, recoveryStarted }: Trial) =>
  during.connect.blackout > 0.9 * (recoveryStarted - injectionEnded);

const restarted = ` Debian's unit restarts a killed HAProxy after 0.1 s, before the
  checks of the other profiles detect it. Under these profiles, \`haproxy-killed\` shows this restart.`;

/** The section of docs/benchmarks.md. */
export function asMarkdown(seen: readonly Measurement[], profiles: readonly Profile[], on: string): string {
  const faults = faultsOf(seen.map(({ trial }) => trial));
  const counts = profiles
    .flatMap(({ name }) => faults.map((fault) => trialsOf(seen, name, fault).length))
    .filter(Boolean);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const trials = `${least === most ? "" : `${least} to `}${counted(most, "trial")}`;
  return `## Failover

\`npm run bench -- failover ${faults.join(" ")} --trials ${most}\`: ${trials} of each fault under each profile, in one run, in the lab. ${on}.

${markdownTable(comparison(seen, profiles))}

- **Figures**: the longest time between two answers to new TLS connections, from the fault until everything works again, including a
  fail-back. A new connection is opened every 20 ms. Without a fault the figure is about 0.04 s. In brackets: the multiple of
  kube-control's median. \`>\`: no connection succeeded until the fault ended.
- **Profiles**: ${profiles.map(({ name, title }) => `${name}: ${title}`).join("; ")}. Their values are in
  \`lab/bench/failover/profiles\`. The same code installs them on the same load balancers in turn. The masters are the same under all of
  them.
- **Faults**: as in \`npm run drill\`, see [drill.md](drill.md).${faults.includes("haproxy-killed") ? restarted : ""}`;
}
