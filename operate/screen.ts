import { shown } from "./facts";
import type { Level } from "./finding";
import { findingsOf, type Verdict } from "./verdict";
import type { View } from "./view";

const marks: Readonly<Record<Level, string>> = { down: "XX", degraded: "!!", unknown: "??", note: " i" };

/** Maximum length of a finding's text: a host must not fill the screen. */
const longest = 300;

/** Renders the verdict, the findings with what to do, the most severe first, and a line for each subject without a problem. */
export function screen(view: View, verdict: Verdict, seconds: number): string {
  const { plan, now } = view;
  const at = now.toISOString().replace("T", " ").replace(/\..*/, " UTC");
  const findings = findingsOf(verdict);
  const fine = verdict.subjects.filter(({ findings: of }) => of.every(({ level }) => level === "note"));
  const width = Math.max(...verdict.subjects.map(({ name }) => name.length));
  const line = (mark: string, name: string, text: string) =>
    `  ${mark}  ${name.padEnd(width)}  ${shown(text, longest)}`;
  return [
    `${plan.stack}: ${verdict.state.toUpperCase()}   ${plan.fqdn}:${plan.port}   ${at}   ${seconds.toFixed(1)} s`,
    verdict.headline,
    "",
    ...grouped(findings).flatMap(({ level, subject, whats, todo }) => [
      line(marks[level], subject, whats.join("; ")),
      `${" ".repeat(width + 8)}→ ${shown(todo, longest)}`,
    ]),
    ...(findings.length === 0 ? [] : [""]),
    ...fine.map(({ name, summary }) => line("ok", name, summary)),
    "",
  ].join("\n");
}

interface Group {
  readonly level: Level;
  readonly subject: string;
  readonly whats: string[];
  readonly todo: string;
}

/** Groups the findings of one subject that have the same level and remedy: they share a line. */
function grouped(findings: ReturnType<typeof findingsOf>): Group[] {
  const groups: Group[] = [];
  for (const {
    subject: { name: subject },
    finding,
  } of findings) {
    const { level, what, todo } = finding;
    const same = groups.find((one) => one.subject === subject && one.level === level && one.todo === todo);
    if (same === undefined) groups.push({ level, subject, whats: [what], todo });
    else same.whats.push(what);
  }
  return groups;
}
