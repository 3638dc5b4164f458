import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import { pulumiIn, upArguments, type Workspace } from "../../pulumi/pulumi-command";

/** A program that has the stack's providers and nothing else, with the stack's own CLI, plugins and state; it is up. */
export async function emptyProgram(folder: string, { bin, env }: Workspace): Promise<Workspace> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const project = {
    name: "kube-control-empty",
    runtime: { name: "nodejs", options: { typescript: true, packagemanager: "npm" } },
    main: relative(folder, join(__dirname, "empty/index.ts")),
  };
  writeFileSync(join(folder, "Pulumi.yaml"), stringify(project));
  const workspace = { folder, bin, env: { ...env, PULUMI_STACK: "empty" } };
  await pulumiIn(workspace, ["stack", "select", "--create", "empty"]);
  // its providers are made once; from then on there is nothing to change
  await pulumiIn(workspace, upArguments);
  return workspace;
}
