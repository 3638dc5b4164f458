import { shown } from "../facts";
import type { Plan } from "../plan";
import type { Step } from "./steps";
import type { HostWork, Update } from "./survey";
import { stepLimitSeconds } from "./run";

/** Renders what would be done. */
export function preview(plan: Plan, works: readonly HostWork[], steps: readonly Step[]): string {
  const width = Math.max(...works.map(({ host }) => host.name.length));
  const indent = " ".repeat(width + 7);
  const idle = works.filter((work) => steps.every((step) => step.work !== work));
  return [
    `${plan.stack}: maintenance of ${steps.length} of ${works.length} hosts, one after another`,
    "",
    ...steps.flatMap(({ work, reboot, effects }, index) => {
      const [first, ...more] = [
        ...(work.interrupted ? ["continues an interrupted maintenance"] : []),
        ...(work.updates.length === 0 ? [] : [updatesText(work.updates)]),
        ...(reboot === undefined ? [] : [`reboot: ${shown(reboot, 200)}`]),
        ...effects,
        ...notes(work),
        `at most ${Math.ceil(stepLimitSeconds(plan, work.host) / 60)} minutes`,
      ];
      const head = `  ${String(index + 1).padStart(2)}. ${work.host.name.padEnd(width)} ${first}`;
      return [head, ...more.map((line) => `${indent}${line}`)];
    }),
    ...idle.flatMap((work) =>
      [`      ${work.host.name.padEnd(width)} nothing to do`].concat(notes(work).map((line) => `${indent}${line}`)),
    ),
    "",
  ].join("\n");
}

function updatesText(updates: readonly Update[]): string {
  const security = updates.filter((update) => update.security).length;
  const first = (update: Update) => (update.security ? 0 : 2) + (update.held ? 0 : 1);
  const sorted = [...updates].sort((one, other) => first(one) - first(other));
  const names = sorted.slice(0, 12).map(({ name, to, held }) => `${name} ${shown(to, 40)}${held ? " (held)" : ""}`);
  const more = sorted.length > names.length ? ` and ${sorted.length - names.length} more` : "";
  const count = updates.length === 1 ? "1 package" : `${updates.length} packages`;
  return `${count}, security updates: ${security}: ${names.join(", ")}${more}`;
}

function notes({ kept, listsAgeSeconds, problems }: HostWork): string[] {
  return [
    ...problems,
    ...(listsAgeSeconds !== undefined && listsAgeSeconds > 86_400
      ? [`its package lists are ${Math.floor(listsAgeSeconds / 86_400)} days old`]
      : []),
    ...(kept.length === 0 ? [] : [`held by somebody else, and not updated: ${kept.join(", ")}`]),
  ];
}
