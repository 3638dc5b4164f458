import { z } from "zod";
import { isIdentity } from "../components/cluster-backup/refusals";
import { near } from "../grok/nearest";
import { keyOf, type Mistake } from "./mistakes";
import { stackShape } from "./schema";
import { type SecretKey, secretNames, setCommand } from "./sections/secrets";
import { valueAt } from "./sound";

/** The inner schema of one that is optional or has a default. */
function required(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? required(schema.unwrap())
    : schema;
}

function partOf(schema: unknown, part: PropertyKey): unknown {
  const whole = required(schema);
  if (whole instanceof z.ZodArray) return whole.element;
  return whole instanceof z.ZodObject ? (whole.shape as Record<PropertyKey, unknown>)[part] : undefined;
}

/** The keys that the schema knows at a path of the configuration. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const schema = required(path.reduce<unknown>(partOf, stackShape));
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** Keys at which users write secrets by mistake, with the setting for each secret. */
const misplaced: Readonly<Record<string, SecretKey>> = {
  "datadog.apiKey": "datadogApiKey",
  "datadog.appKey": "datadogAppKey",
  "virtualIp.password": "vrrpPassword",
  "endpoint.cloudflare.apiToken": "cloudflareApiToken",
  "endpoint.rfc2136.secret": "tsigSecret",
  "backup.s3.secretAccessKey": "s3SecretAccessKey",
};

function unknownKey(path: readonly PropertyKey[], key: string): Mistake {
  const secret = misplaced[[...path, key].map(String).join(".")];
  if (secret !== undefined) {
    return {
      key: keyOf([...path, key]),
      what: "is a secret, and a section is in plain text",
      remedy: `Remove it and run \`${setCommand(secret)}\`.`,
    };
  }
  const known = keysAt(path);
  const [meant] = near(key, known);
  return {
    key: keyOf([...path, key]),
    what: "is not a setting",
    remedy:
      meant === undefined
        ? `Remove it. Known here: ${known.join(", ")}.`
        : `Write ${keyOf([...path, meant])}, if that is what you mean.`,
  };
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of settings",
  record: "a group of settings",
};

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "a list" : value === null ? "nothing" : (kinds[typeof value] ?? typeof value);
}

function hintFor(expected: string, path: readonly PropertyKey[], value: unknown): string {
  switch (expected) {
    case "object":
    case "record":
      return path.length > 0 && keysAt(path).length > 0
        ? `Its settings are: ${keysAt(path).join(", ")}.`
        : "Set it to keys with values.";
    case "array":
      return "Set it to a list: one entry a line, each after a hyphen.";
    case "number":
    case "int":
      return "Write it without quotes.";
    case "boolean":
      return "Write true or false, without quotes.";
    default:
      return typeof value === "object"
        ? "Set it to a single value, in quotes."
        : `Write it in quotes: without quotes, YAML reads it as ${kindOf(value)}. If Pulumi has already rewritten the file, enter the original text again.`;
  }
}

type Issue = z.core.$ZodIssue;

function fromIssue(issue: Issue, value: unknown): Mistake[] {
  const key = keyOf(issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((name) => unknownKey(issue.path, name));
    case "invalid_type":
      return value === undefined
        ? [{ key, what: "is missing", remedy: missingHint(issue.path, issue.expected) }]
        : [
            {
              key,
              value,
              what: `is not ${kinds[issue.expected] ?? issue.expected}, but ${kindOf(value)}`,
              remedy: hintFor(issue.expected, issue.path, value),
            },
          ];
    case "invalid_value":
      return [oneOf(key, value, issue.values.map(String))];
    case "invalid_union":
      return [fromUnion(key, value, issue)];
    case "custom":
      return [
        {
          key,
          value: shown(issue, value),
          what: issue.message,
          remedy: String(issue.params?.["remedy"] ?? ""),
        },
      ];
    default:
      return [{ key, value, what: issue.message, remedy: "docs/settings.md describes it." }];
  }
}

function missingHint(path: readonly PropertyKey[], expected: string): string {
  const keys = keysAt(path);
  return expected === "object" && keys.length > 0
    ? `Add its settings: ${keys.join(", ")}.`
    : expected === "array"
      ? "Add it as a list."
      : "Add it; docs/settings.md says what it means.";
}

function oneOf(key: string, value: unknown, allowed: readonly string[]): Mistake {
  const [meant] = typeof value === "string" ? near(value, allowed) : [];
  return {
    key,
    value,
    what: "is not one of the choices",
    remedy: `Set it to ${meant ?? `one of ${allowed.join(", ")}`}.`,
  };
}

/** Unions in the schema are of literals (a choice) or of scalars. */
function fromUnion(key: string, value: unknown, issue: Extract<Issue, { code: "invalid_union" }>): Mistake {
  const allowed = issue.errors
    .flat()
    .flatMap((inner) => (inner.code === "invalid_value" ? inner.values.map(String) : []));
  return allowed.length > 0
    ? oneOf(key, value, allowed)
    : {
        key,
        value,
        what: `is not a text, a number, or true or false, but ${kindOf(value)}`,
        remedy: "Set it to a single value.",
      };
}

/** Whether a value is a secret, or may be one that was entered in the wrong place. */
const mayBeSecret = (path: readonly PropertyKey[]) =>
  secretNames.some((name) => name === path[0]) || path.join(".") === "backup.s3.accessKeyId";

/** The value to print: the given one, or the default that was checked. Secrets and lists are not printed. */
function shown(issue: Extract<Issue, { code: "custom" }>, given: unknown): unknown {
  const value = given ?? (issue.params?.["value"] as unknown);
  return mayBeSecret(issue.path) || Array.isArray(value) ? undefined : value;
}

/** Converts zod's issues with a stack's configuration to mistakes for the user. */
export function mistakesOf(error: z.ZodError, values: Readonly<Record<string, unknown>>): Mistake[] {
  const mistakes = error.issues.flatMap((issue) => fromIssue(issue, valueAt(values, issue.path)));
  // an identity in the place of a public key is secret
  return mistakes.map(({ value, ...rest }) =>
    typeof value === "string" && isIdentity(value) ? rest : { ...rest, value },
  );
}
