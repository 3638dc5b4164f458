import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Place, privateFolder } from "../base/place";
import { ensureSecrets } from "../hosts/secrets";
import type { Pulumi } from "./pulumi";

/** The name of the lab's stack. */
export const stackName = "dev";

/** The lab's own PULUMI_HOME, so that its plugins are separate from the user's. */
export const pulumiHome = (place: Place) => join(place.folder, "pulumi-home");
export const stateFolder = (place: Place) => join(place.folder, "state");
/** The file that holds the state of the lab's stack. The engine replaces it at the beginning and at the end of each step. */
export const stateFile = (place: Place) =>
  join(stateFolder(place), ".pulumi", "stacks", "kube-control", `${stackName}.json`);
/** The folder that Pulumi runs in: the files of the project and of the stack, with the lab's secrets. */
export const projectFolder = (place: Place) => join(place.folder, "project");

/** The folder of a Pulumi project, and the environment for `pulumi`: its program, home, backend and stack. */
export interface Workspace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The lab's workspace. It does not use the user's login, state or plugins. */
export function labWorkspace(place: Place, { bin }: Pick<Pulumi, "bin">, stack = stackName): Workspace {
  const passphraseFile = join(place.folder, "passphrase");
  // an earlier version of the lab may have created its folder with an open mode
  for (const folder of [place.folder, pulumiHome(place), stateFolder(place), projectFolder(place)]) {
    privateFolder(folder);
  }
  writeFileSync(passphraseFile, ensureSecrets(place).pulumiPassphrase, { mode: 0o600 });
  const env = {
    PATH: [bin, process.env["PATH"] ?? ""].join(delimiter),
    PULUMI_HOME: pulumiHome(place),
    PULUMI_BACKEND_URL: `file://${stateFolder(place)}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
    PULUMI_STACK: stack,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // the program names the Docker host itself
    DOCKER_CONTEXT: "",
  };
  return { cwd: projectFolder(place), env };
}
