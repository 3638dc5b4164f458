import type { RefusedChange } from "./refused-change";

type Decided = Readonly<Record<string, string>>;

const encryption = "kubernetes.encryptionAtRest";
/** Number of the key that encrypts Secrets. The state contains it only if it is not 1. */
export const keyGeneration = "kubernetes.encryptionKeyGeneration";

/** The number of the key that encrypts Secrets. A stack that never had a second one does not store it. */
const generationIn = (decided: Decided) => Number(decided[keyGeneration] ?? 1);

/**
 * The changes of the encryption of Secrets that are refused. It may be turned on with a second key, which makes the API
 * servers reload their keys.
 */
export function encryptionChanges(before: Decided, after: Decided): RefusedChange[] {
  const [old, value] = [generationIn(before), generationIn(after)];
  return [
    ...(before[encryption] === "false" && after[encryption] === "true" && value <= 1
      ? [
          {
            setting: encryption,
            before: "false",
            after: "true",
            reason: "the running API servers do not reload their keys, so the Secrets cannot be encrypted step by step",
            instead: `Set kube-control:${keyGeneration} to 2 as well.`,
            lost: "no data; new Secrets are encrypted, and the Secrets that exist stay in plain text",
          },
        ]
      : []),
    ...(before[encryption] === "true" && after[encryption] === "true" && value < old
      ? [
          {
            setting: keyGeneration,
            before: String(old),
            after: String(value),
            reason: "keys of lower numbers were removed from the masters when the key was rotated",
            instead: `Set it back to ${old}, or to ${old + 1} for a new key.`,
            lost: "no data; the step that rotates the key fails",
          },
        ]
      : []),
  ];
}

/** Whether {@link encryptionChanges} decides about a change of this setting. */
export function isOfEncryption(setting: string, before: Decided, after: Decided): boolean {
  return (
    setting === keyGeneration ||
    (setting === encryption && before[encryption] === "false" && after[encryption] === "true")
  );
}
