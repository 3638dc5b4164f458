import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import type { Workspace } from "../../pulumi/environment";
import { pulumiIn, upArguments } from "../../pulumi/pulumi-command";

/** A program that has the stack's providers and nothing else, with the stack's own CLI, plugins and state; it is up. */
export async function emptyProgram(cwd: string, { env }: Workspace): Promise<Workspace> {
  mkdirSync(cwd, { recursive: true, mode: 0o700 });
  const project = {
    name: "kube-control-empty",
    runtime: { name: "nodejs", options: { typescript: true, packagemanager: "npm" } },
    main: relative(cwd, join(__dirname, "empty/index.ts")),
  };
  writeFileSync(join(cwd, "Pulumi.yaml"), stringify(project));
  const workspace = { cwd, env: { ...env, PULUMI_STACK: "empty" } };
  await pulumiIn(workspace, ["stack", "select", "--create", "empty"]);
  // its providers are made once; from then on there is nothing to change
  await pulumiIn(workspace, upArguments);
  return workspace;
}
