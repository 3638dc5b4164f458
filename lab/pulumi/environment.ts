import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Place } from "../base/place";
import { needSecrets } from "../hosts/secrets";
import type { Pulumi } from "./pulumi";

/** The stack that the lab is. */
export const stackName = "dev";

/** The lab's own PULUMI_HOME: its plugins are nobody else's. */
export const pulumiHome = (place: Place) => join(place.folder, "pulumi-home");
export const stateFolder = (place: Place) => join(place.folder, "state");
/** Where Pulumi is run: the project's and the stack's files, the latter with the lab's secrets. */
export const projectFolder = (place: Place) => join(place.folder, "project");

/** What turns any `pulumi` command into one on the lab's stack: the user's own login, state and plugins are left alone. */
export function pulumiEnvironment(place: Place, pulumi: Pick<Pulumi, "bin">): Record<string, string> {
  const passphraseFile = join(place.folder, "passphrase");
  for (const folder of [pulumiHome(place), stateFolder(place)]) {
    mkdirSync(folder, { recursive: true });
  }
  writeFileSync(passphraseFile, needSecrets(place).pulumiPassphrase, { mode: 0o600 });
  return {
    PATH: [pulumi.bin, process.env["PATH"] ?? ""].join(delimiter),
    PULUMI_HOME: pulumiHome(place),
    PULUMI_BACKEND_URL: `file://${stateFolder(place)}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
    PULUMI_STACK: stackName,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // the program reaches Docker on its own host
    DOCKER_CONTEXT: "",
  };
}
