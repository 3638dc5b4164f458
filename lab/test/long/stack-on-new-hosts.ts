/** A stack with settings of a test, on new hosts. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { plainProgress } from "../../base/progress";
import { recreateHosts } from "../../bench/up/fresh";
import { createHosts, planLab } from "../../commands/up";
import { type Settings, withSettings } from "../../drill/operator";
import { planHosts } from "../../hosts/plan";
import { stackOf } from "../../hosts/stack";
import { labWorkspace, projectFolder, type Workspace } from "../../pulumi/environment";
import { pulumiIn, upArguments } from "../../pulumi/pulumi-command";
import { removeStaleLocks } from "../../pulumi/stale-lock";
import { ensureProject } from "../../stack/project";
import { verify } from "../../verify/verify";
import { place, pulumi } from "../e2e/driver";

export type PlannedLab = ReturnType<typeof planLab>;

/** The lab whose stack is the committed one with changed settings. */
export function planWith(settings: Settings): PlannedLab {
  const lab = planLab(place);
  const stack = stackOf(withSettings(lab.stack.text, settings));
  return { ...lab, stack, hosts: planHosts(stack, lab.subnet) };
}

/**
 * Replaces the hosts of the lab's stack by new ones, and writes the stack's project.
 *
 * @param program the checkout whose program builds the stack
 * @param text the stack's settings
 */
export async function prepareNewHosts(
  lab: PlannedLab,
  { program = place.root, text = lab.stack.text }: { readonly program?: string; readonly text?: string } = {},
): Promise<Workspace> {
  const report = () => undefined;
  const pulumi = await createHosts(lab, plainProgress(report));
  removeStaleLocks(place);
  // without this, settings that a test has changed would stay
  rmSync(join(projectFolder(place), "written-from"), { force: true });
  await ensureProject({ ...place, root: program }, pulumi, { ...lab.stack, text }, report);
  const workspace = labWorkspace(place, pulumi);
  await recreateHosts(lab, workspace, report);
  return workspace;
}

/** Builds the lab's stack on new hosts. */
export async function buildOnNewHosts(lab: PlannedLab): Promise<void> {
  await pulumiIn(await prepareNewHosts(lab), upArguments);
  await expectVerified(lab);
}

/** Expects that all checks of the lab pass. */
export async function expectVerified(lab: PlannedLab): Promise<void> {
  const findings = await verify(lab, () => undefined, 300);
  expect(findings.filter(({ ok }) => !ok)).toEqual([]);
}

/** Expects that a preview shows no change. */
export async function expectNothingToChange(...options: string[]): Promise<void> {
  const { code, stdout } = await pulumi(["preview", ...options, "--expect-no-changes", "--non-interactive"]);
  expect([code, code === 0 ? "" : stdout]).toEqual([0, ""]);
}
