import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { LabError } from "../base/error";
import { deploy } from "../stack/deploy";
import { labWorkspace, projectFolder, stackName } from "../pulumi/environment";
import { pulumiIn } from "../pulumi/pulumi-command";
import { ensurePulumi } from "../pulumi/pulumi";
import type { Lab } from "../verify/finding";

/**
 * Settings of the stack: the key with the path below it, and the value; `undefined` removes the setting.
 * `[["haproxy", "connectTimeout"], "60ms"]`
 */
export type Settings = readonly (readonly [path: readonly [string, ...string[]], value: unknown])[];

/** The text of a stack's settings, with changes. */
export function withSettings(text: string, settings: Settings): string {
  const document = parseDocument(text);
  for (const [[key, ...path], value] of settings) {
    const at = ["config", `kube-control:${key}`, ...path];
    if (value === undefined) document.deleteIn(at);
    else document.setIn(at, value);
  }
  return String(document);
}

/** The stack's operator: changes settings and runs Pulumi. */
export class Operator {
  private readonly settingsFile: string;
  /** The text of the stack's settings before the first change. */
  private before?: string;

  constructor(private readonly lab: Lab) {
    this.settingsFile = join(projectFolder(lab.place), `Pulumi.${stackName}.yaml`);
  }

  edit(settings: Settings): void {
    const text = readFileSync(this.settingsFile, "utf8");
    this.before ??= text;
    writeFileSync(this.settingsFile, withSettings(text, settings), { mode: 0o600 });
  }

  /** Restores the settings from before the first change. */
  restoreSettings(): void {
    if (this.before !== undefined) writeFileSync(this.settingsFile, this.before, { mode: 0o600 });
    this.before = undefined;
  }

  /**
   * `pulumi up`.
   *
   * @throws LabError if it fails, or if it has nothing to change
   */
  async up(): Promise<void> {
    const changes = await deploy(this.lab.place, await ensurePulumi(this.lab.place), () => undefined);
    if (changes === "nothing to change") throw new LabError("`pulumi up` had nothing to change");
  }

  /** Destroys a resource and its dependents, or removes them from the state only. */
  async remove(how: "destroy" | "forget", name: string): Promise<void> {
    const workspace = labWorkspace(this.lab.place, await ensurePulumi(this.lab.place));
    const { deployment } = JSON.parse(await pulumiIn(workspace, ["stack", "export"])) as {
      readonly deployment: { readonly resources?: readonly { readonly urn: string }[] };
    };
    const urn = deployment.resources?.find((one) => one.urn.endsWith(`::${name}`))?.urn;
    if (urn === undefined) throw new LabError(`the stack has no resource ${name}`);
    await pulumiIn(
      workspace,
      how === "destroy"
        ? ["destroy", "--yes", "--skip-preview", "--target", urn, "--target-dependents"]
        : ["state", "delete", "--yes", "--target-dependents", urn],
    );
  }
}
