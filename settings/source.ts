import * as pulumi from "@pulumi/pulumi";
import { keyOf, type Mistake, namespace } from "./mistakes";
import { howToSet, secretNames } from "./sections/secrets";

/** A stack's configuration as Pulumi gives it: texts, and which of them are encrypted in the stack's file. */
export interface Source {
  readonly stack: string;
  /** Settings by key, without the program's prefix. */
  readonly texts: ReadonlyMap<string, string>;
  isSecret(key: string): boolean;
}

/** Pulumi's SDK has this function, but its type declarations do not contain it. */
const runtime = pulumi.runtime as typeof pulumi.runtime & { readonly isConfigSecret?: (key: string) => boolean };

export function readSource(): Source {
  const prefix = `${namespace}:`;
  const { isConfigSecret } = runtime;
  if (isConfigSecret === undefined) {
    throw new Error("this version of @pulumi/pulumi does not tell which settings are secret; use the pinned one");
  }
  const entries = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(prefix))
    // An empty text is the default with which Pulumi.yaml declares a secret.
    .filter(([, text]) => text !== "")
    .map(([key, text]) => [key.slice(prefix.length), text] as const);
  return {
    stack: pulumi.getStack(),
    texts: new Map(entries),
    isSecret: (key) => isConfigSecret(prefix + key),
  };
}

/** The settings for the schema, and mistakes: secrets in plain text, and other settings that are encrypted. */
export function readValues(source: Source): [Record<string, unknown>, Mistake[]] {
  const mistakes: Mistake[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, text] of source.texts) {
    const name = secretNames.find((one) => one === key);
    values[key] = name === undefined ? structureOf(text) : text;
    if (name === undefined && source.isSecret(key)) {
      mistakes.push({
        key: keyOf([key]),
        what: "is encrypted, so that a preview would hide every address in it",
        remedy: `Write it in plain text in Pulumi.${source.stack}.yaml; each secret is a separate key.`,
      });
    }
    if (name !== undefined && !source.isSecret(key)) {
      mistakes.push({
        key: keyOf([key]),
        what: `is a secret, but is in plain text in Pulumi.${source.stack}.yaml`,
        remedy: `${howToSet(name)} If that file was ever shared, let the issuer of the secret replace it.`,
      });
    }
  }
  return [values, mistakes];
}

/** Parses a text as JSON. A text that is not JSON is kept, and the schema reports what is wrong with it. */
function structureOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
