import * as pulumi from "@pulumi/pulumi";
import { keyOf, type Mistake, namespace } from "./mistakes";

/** A stack's configuration as Pulumi hands it over: texts, and which of them are encrypted in the stack's file. */
export interface Source {
  readonly stack: string;
  /** Settings by key, without the program's prefix. */
  readonly texts: ReadonlyMap<string, string>;
  isSecret(key: string): boolean;
}

/** Pulumi knows which settings are encrypted, but its typings keep that to itself. */
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

/** The structured settings out of their texts. A text that is no structure is a mistake and is left out. */
export function readStructures(source: Source, secretKeys: readonly string[]): [Record<string, unknown>, Mistake[]] {
  const mistakes: Mistake[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, text] of source.texts) {
    if (secretKeys.includes(key)) {
      continue;
    }
    try {
      values[key] = JSON.parse(text) as unknown;
    } catch {
      // A text of its own is judged by the schema: its key may be unknown, or its structure missing.
      values[key] = text;
    }
    if (source.isSecret(key)) {
      mistakes.push({
        key: keyOf([key]),
        what: "is encrypted, so that a preview would hide every address in it",
        remedy: `Write it in plain text in Pulumi.${source.stack}.yaml; the secrets have keys of their own.`,
      });
    }
  }
  return [values, mistakes];
}
