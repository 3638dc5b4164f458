import type { z } from "zod";
import { nearest } from "./names";
import { keyOf, type Mistake } from "./mistakes";
import { stackSchema } from "./schema";
import { secretNames, setCommand } from "./secrets";

interface Wrapped {
  readonly _zod: {
    readonly def: {
      readonly innerType?: Wrapped;
      readonly element?: Wrapped;
      readonly shape?: Record<string, Wrapped>;
    };
  };
}

/** The keys that a strict object of the schema knows, at a path of the configuration. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let schema: Wrapped | undefined = stackSchema as unknown as Wrapped;
  const bare = (wrapped: Wrapped | undefined): Wrapped | undefined =>
    wrapped?._zod.def.innerType === undefined ? wrapped : bare(wrapped._zod.def.innerType);
  for (const part of path) {
    const definition: Wrapped["_zod"]["def"] | undefined = bare(schema)?._zod.def;
    schema = typeof part === "number" ? definition?.element : definition?.shape?.[String(part)];
  }
  return Object.keys(bare(schema)?._zod.def.shape ?? {});
}

/** Sections whose secrets are settings of their own; what people write in the section instead. */
const misplaced: Readonly<Record<string, (typeof secretNames)[number]>> = {
  "datadog.apiKey": "datadogApiKey",
  "datadog.appKey": "datadogAppKey",
  "virtualIp.password": "vrrpPassword",
  "endpoint.cloudflare.apiToken": "cloudflareApiToken",
  "endpoint.rfc2136.secret": "tsigSecret",
};

function unknownKey(path: readonly PropertyKey[], key: string): Mistake {
  const secret = misplaced[[...path, key].map(String).join(".")];
  if (secret !== undefined) {
    return {
      key: keyOf([...path, key]),
      what: "is a secret, which no section holds in plain text",
      remedy: `Take it out and run \`${setCommand(secret)}\`.`,
    };
  }
  const known = path.length === 0 ? [...keysAt(path), ...secretNames] : keysAt(path);
  const near = nearest(key, known);
  return {
    key: keyOf([...path, key]),
    what: "is not a setting",
    remedy:
      near === undefined
        ? `Take it out. Known here: ${known.join(", ")}.`
        : `Write ${keyOf([...path, near])}, if that is what you mean.`,
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
        : "Give keys with values.";
    case "array":
      return "Give a list: one entry a line, each after a hyphen.";
    case "number":
    case "int":
      return "Write it without quotes.";
    case "boolean":
      return "Write true or false, without quotes.";
    default:
      return typeof value === "object"
        ? "Give a single value, in quotes."
        : `Write it in quotes: without, YAML reads it as ${kindOf(value)}. Where Pulumi has written it so into the file, its text is lost: give it anew.`;
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
          value: Array.isArray(value) ? undefined : value,
          what: issue.message,
          remedy: String(issue.params?.["remedy"] ?? ""),
        },
      ];
    default:
      return [{ key, value, what: issue.message, remedy: "See the configuration table in README.md." }];
  }
}

function missingHint(path: readonly PropertyKey[], expected: string): string {
  const keys = keysAt(path);
  return expected === "object" && keys.length > 0
    ? `Give its settings: ${keys.join(", ")}.`
    : expected === "array"
      ? "Give a list."
      : "Add it; the configuration table in README.md says what it means.";
}

function oneOf(key: string, value: unknown, allowed: readonly string[]): Mistake {
  const near = typeof value === "string" ? nearest(value, allowed) : undefined;
  return {
    key,
    value,
    what: "is not one of the choices",
    remedy: `Give ${near ?? `one of ${allowed.join(", ")}`}.`,
  };
}

/** Unions here are of literals (a choice) or of scalars. */
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
        remedy: "Give a single value.",
      };
}

/** The mistakes that a setting has by itself. */
export function checkShape(values: Readonly<Record<string, unknown>>): Mistake[] {
  const result = stackSchema.safeParse(values, { reportInput: true });
  return result.success ? [] : result.error.issues.flatMap((issue) => fromIssue(issue, valueAt(values, issue.path)));
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    root,
  );
}
