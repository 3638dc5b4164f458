import type { Refusal } from "../host/refusal";
import { checkBackup } from "./backup";
import { checkEndpoint } from "./endpoint";
import { checkSsh } from "./hosts";
import { checkKubernetes } from "./kubernetes";
import { checkNetwork } from "./network";
import { checkPipelines } from "./pipelines";
import { checkPorts } from "./ports";
import { checkRedundancy } from "./redundancy";
import { type StackConfiguration, stackShape } from "./schema";
import { checkSecrets } from "./secrets";
import { type Sound, soundParts, valueAt } from "./sound";

type Check = (stack: Sound<StackConfiguration>) => readonly Refusal[];

const checks: readonly Check[] = [
  ...[checkEndpoint, checkSsh, checkRedundancy, checkNetwork],
  ...[checkPorts, checkKubernetes, checkBackup, checkPipelines, checkSecrets],
];

/**
 * The schema of a stack's configuration. It finds all mistakes: in each setting, across settings, and in the named
 * files.
 */
export const stackSchema = stackShape.superRefine(
  (values, context) => {
    const sound = soundParts(values, context.issues);
    for (const { path, what, remedy } of checks.flatMap((check) => check(sound))) {
      const value = valueAt(values, path);
      context.addIssue({ code: "custom", path: [...path], message: what, params: { remedy, value } });
    }
  },
  // check across settings even if single settings have mistakes
  { when: ({ value }) => typeof value === "object" && value !== null },
);
