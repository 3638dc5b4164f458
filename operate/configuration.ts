import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { stackSchema } from "../settings/checks";
import { mistakesOf } from "../settings/issues";
import { configurationError, namespace, type Mistake } from "../settings/mistakes";
import { type StackConfiguration, stackShape } from "../settings/schema";
import { type SecretKey, secretNames } from "../settings/sections/secrets";
import type { ChosenStack } from "./stack";

/** A stack's configuration, without its secrets. */
export interface Configuration {
  readonly values: StackConfiguration;
  /** Mistakes that stop the next `up`. The hosts can still be read. */
  readonly mistakes: readonly Mistake[];
}

type File = { readonly config?: Readonly<Record<string, unknown>> } | null;

/**
 * Reads a stack's configuration from its file, with the schema that `up` uses. It decrypts nothing: a stand-in replaces each
 * secret.
 *
 * @throws UserError with the list of mistakes, if a setting is missing or invalid
 */
export function readConfiguration(stack: ChosenStack): Configuration {
  const values = withSecrets({
    ...settingsIn(stack.projectFile, defaultOf),
    ...settingsIn(stack.configurationFile, (value) => value),
  });
  const complete = stackSchema.safeParse(values);
  if (complete.success) {
    return { values: complete.data, mistakes: [] };
  }
  const mistakes = mistakesOf(complete.error, values);
  const shaped = stackShape.safeParse(values);
  if (!shaped.success) {
    throw configurationError(stack.name, mistakes, Object.keys(stackShape.shape));
  }
  return { values: shaped.data, mistakes };
}

/** The program's folder. Relative paths in the configuration start there, because Pulumi starts the program there. */
export function programFolder({ projectFile }: ChosenStack): string {
  const { main = "." } = parse(readFileSync(projectFile, "utf8")) as { main?: string };
  const path = resolve(dirname(projectFile), main);
  return /\.[cm]?[jt]s$/.test(path) ? dirname(path) : path;
}

/** The settings of a file, by their keys without the namespace. */
function settingsIn(path: string, valueOf: (value: unknown) => unknown): Record<string, unknown> {
  const { config } = (parse(readFileSync(path, "utf8")) as File) ?? {};
  const prefix = `${namespace}:`;
  return Object.fromEntries(
    Object.entries(config ?? {})
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), structureOf(valueOf(value))] as const)
      // Pulumi.yaml declares a secret with an empty text as its default
      .filter(([, value]) => value !== "" && value !== undefined),
  );
}

/** The default of a setting. Pulumi.yaml contains the default alone, or an object with type and default. */
function defaultOf(declared: unknown): unknown {
  return typeof declared === "object" && declared !== null && "type" in declared
    ? (declared as { default?: unknown }).default
    : declared;
}

/** Parses a text that is JSON, as Pulumi does for a structured setting. */
function structureOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** Texts that replace the secrets. The schema accepts them. */
const standIns: Readonly<Record<SecretKey, string>> = {
  cloudflareApiToken: "stand-in",
  tsigSecret: "AAAA",
  vrrpPassword: "standin",
  s3SecretAccessKey: "stand-in",
  datadogApiKey: "stand-in",
  datadogAppKey: "stand-in",
};

function withSecrets(values: Record<string, unknown>): Record<string, unknown> {
  const { virtualIp } = values as { virtualIp?: { vrrpVersion?: unknown } };
  const needed = secretNames.filter((name) => name !== "vrrpPassword" || virtualIp?.vrrpVersion === 2);
  const plain = Object.entries(values).filter(([key]) => !secretNames.some((name) => name === key));
  return Object.fromEntries([...plain, ...needed.map((name) => [name, standIns[name]] as const)]);
}
