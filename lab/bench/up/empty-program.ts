import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import type { Report } from "../../base/progress";
import { pulumiIn, upArguments, type Workspace } from "../../pulumi/pulumi-command";

const program = join(__dirname, "empty/index.ts");

/** `pulumi up` of a program that has the stack's providers and nothing else, with the stack's own CLI, plugins and state. */
export async function emptyProgram(
  folder: string,
  { bin, env }: Workspace,
): Promise<(report: Report) => Promise<void>> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const project = {
    name: "kube-control-empty",
    runtime: { name: "nodejs", options: { typescript: true, packagemanager: "npm" } },
    main: relative(folder, program),
  };
  writeFileSync(join(folder, "Pulumi.yaml"), stringify(project));
  const workspace = { folder, bin, env: { ...env, PULUMI_STACK: "empty" } };
  const stacks = JSON.parse(await pulumiIn(workspace, ["stack", "ls", "--json"])) as { name: string }[];
  if (!stacks.some(({ name }) => name === "empty")) {
    await pulumiIn(workspace, ["stack", "init", "empty"]);
  }
  // its providers are made once; from then on there is nothing to change
  await pulumiIn(workspace, upArguments);
  return async (report) => {
    await pulumiIn(workspace, [...upArguments, "--expect-no-changes"], report);
  };
}
