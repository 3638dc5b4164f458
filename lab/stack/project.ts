import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse, stringify } from "yaml";
import { hashOf } from "../artefacts/artefact";
import type { Place } from "../base/place";
import type { Report } from "../base/progress";
import { ensureSecrets, recipientOf } from "../hosts/secrets";
import type { Stack } from "../hosts/stack";
import { labWorkspace, stackName } from "../pulumi/environment";
import type { Pulumi } from "../pulumi/pulumi";
import { pulumiIn } from "../pulumi/pulumi-command";

interface ProjectFile {
  /** The program's folder or file. Without it, Pulumi runs the project's folder. */
  readonly main?: string;
  readonly plugins?: { readonly providers?: readonly { readonly path: string }[] };
}

interface StackFile {
  readonly encryptionsalt?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

const isEncrypted = (value: unknown) => typeof value === "object" && value !== null && "secure" in value;

/**
 * Writes the folder that Pulumi runs in: the committed project, with the checkout's program, and the committed stack with the
 * lab's own secrets. A person's changes in that folder stay until the committed stack changes.
 */
export async function ensureProject(
  place: Place,
  pulumi: Pulumi,
  stack: Stack,
  report: Report,
  name = stackName,
): Promise<string> {
  const workspace = labWorkspace(place, pulumi, name);
  const folder = workspace.cwd;
  const project = parse(readFileSync(join(place.root, "Pulumi.yaml"), "utf8")) as ProjectFile;
  const here = (path: string) => relative(folder, join(place.root, path));
  const providers = project.plugins?.providers?.map((plugin) => ({ ...plugin, path: here(plugin.path) }));
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    stringify({ ...project, main: here(project.main ?? "."), plugins: { providers } }),
  );

  const file = join(folder, `Pulumi.${name}.yaml`);
  const known = existsSync(file) ? ((parse(readFileSync(file, "utf8")) as StackFile | null) ?? {}) : {};
  const kept = Object.fromEntries(Object.entries(known.config ?? {}).filter(([, value]) => isEncrypted(value)));
  const mark = join(folder, name === stackName ? "written-from" : `written-from-${name}`);
  const from = hashOf(stack.text);
  const upToDate = existsSync(mark) && readFileSync(mark, "utf8") === from;
  if (!upToDate) {
    const committed = parse(stack.text) as StackFile;
    const config = { ...committed.config, ...withRecipient(place, committed), ...kept };
    const written = { encryptionsalt: known.encryptionsalt, config };
    writeFileSync(file, stringify(written), { mode: 0o600 });
    writeFileSync(mark, from);
  }
  report("the stack");
  await pulumiIn(workspace, ["stack", "select", "--create", name]);
  const missing = Object.entries(secretSettings(place, stack)).filter(([key]) => !(`kube-control:${key}` in kept));
  for (const [key, value] of missing) {
    report(`encrypting ${key}`);
    // on standard input: every user can read a command line
    await pulumiIn(workspace, ["config", "set", "--secret", `kube-control:${key}`], undefined, value);
  }
  return upToDate && missing.length === 0 ? "unchanged" : "written";
}

/** The secrets that this stack uses, by setting. */
function secretSettings(place: Place, stack: Stack): Record<string, string> {
  const { cloudflareApiToken, tsigSecret, vrrpPassword, datadogApiKey, datadogAppKey } = ensureSecrets(place);
  return {
    ...(stack.provider === "cloudflare" ? { cloudflareApiToken } : { tsigSecret }),
    ...(stack.vrrpVersion === 2 ? { vrrpPassword } : {}),
    datadogApiKey,
    datadogAppKey,
  };
}

/** The section of the backup, if the committed stack has one, with the public key of the lab's identity. */
function withRecipient(place: Place, { config = {} }: StackFile): Record<string, object> {
  const key = "kube-control:backup";
  const recipients = [recipientOf(ensureSecrets(place).ageIdentity)];
  return key in config ? { [key]: { ...(config[key] as object), recipients } } : {};
}
