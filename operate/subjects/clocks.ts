import { type Finding, type Subject, unknown } from "../finding";
import { answered, type View } from "../view";

/** Allowed difference between the hosts' clocks in milliseconds: etcd and certificates tolerate it. */
const tolerance = 2000;

/** The hosts' clocks must agree. This machine's clock is only the reference. */
export function clocks(view: View): Subject {
  const all = answered(view);
  const known = all.flatMap(({ clock }) => clock ?? []).sort((one, other) => one.ahead - other.ahead);
  const [earliest, latest] = [known.at(0), known.at(-1)];
  const apart = earliest === undefined || latest === undefined ? 0 : latest.ahead - earliest.ahead;
  const error = (earliest?.uncertainty ?? 0) + (latest?.uncertainty ?? 0);
  const findings: Finding[] = all
    .filter(({ clock }) => clock === undefined)
    .map(({ host }) => unknown(host.name, "its time"));
  if (apart > tolerance + error) {
    findings.push({
      level: "degraded",
      what: `the clocks of ${latest?.name ?? ""} and ${earliest?.name ?? ""} are ${(apart / 1000).toFixed(1)} s apart`,
      todo: "Synchronise them by NTP: timedatectl set-ntp true. etcd and certificates need the same time on all hosts.",
    });
  }
  return {
    name: "clocks",
    summary: `at most ${((apart + error) / 1000).toFixed(1)} s apart`,
    findings,
    facts: Object.fromEntries(
      known.map(({ name, ahead, uncertainty }) => [
        name,
        { aheadSeconds: round(ahead), uncertaintySeconds: round(uncertainty) },
      ]),
    ),
  };
}

const round = (milliseconds: number) => Math.round(milliseconds / 10) / 100;
