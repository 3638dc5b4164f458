import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Artefact, need } from "../../../artefacts/artefact";
import { LabError } from "../../../base/error";
import type { Place } from "../../../base/place";
import { run, tryRun } from "../../../base/process";
import type { Report } from "../../../base/progress";
import { whereIs } from "../../../machine/apt";

export const playbookFolder = join(__dirname, "../../ansible");
const requirements = join(playbookFolder, "requirements.txt");

/** ansible-core 2.19 wants it on the machine that it runs on. */
const oldestPython = [3, 11] as const;

/** The pinned ansible-core, in a virtual environment of its own in the lab's cache. */
export async function needAnsible(place: Place, report: Report): Promise<string> {
  const python = await pythonHere();
  const folder = await need(place, ansibleArtefact(python), report);
  return join(folder, "bin", "python");
}

/**
 * The Python that the environment is made with.
 *
 * @throws LabError where there is none, or one that is too old, or one that cannot make environments
 */
async function pythonHere(): Promise<{ readonly path: string; readonly version: string }> {
  const install = "Install it (apt-get install python3 python3-venv), or leave Ansible out: --without ansible.";
  const path = whereIs("python3");
  if (path === undefined) {
    throw new LabError("python3 is not installed, and Ansible needs it", install);
  }
  const ask = "import sys; print('%d.%d.%d' % sys.version_info[:3]); import venv, ensurepip";
  const { code, stdout } = await tryRun(path, ["-c", ask]);
  const version = stdout.trim();
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < oldestPython[0] || (major === oldestPython[0] && minor < oldestPython[1])) {
    throw new LabError(`python3 is ${version}, and this Ansible needs ${oldestPython.join(".")} or newer`, install);
  }
  if (code !== 0) {
    throw new LabError("python3 cannot make virtual environments (no module venv or ensurepip)", install);
  }
  return { path, version };
}

function ansibleArtefact(python: { readonly path: string; readonly version: string }): Artefact {
  return {
    name: "ansible",
    from: [readFileSync(requirements, "utf8"), python],
    async make(folder, report) {
      report("making a virtual environment");
      await run(python.path, ["-m", "venv", folder], { todo: "Install python3-venv (apt-get install python3-venv)." });
      report("installing ansible-core");
      await run(
        join(folder, "bin", "python"),
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements],
        { seconds: 600, todo: "Is Python's package index reachable (pip config list)?" },
      );
    },
  };
}

/** Arguments of the environment's Python that run the playbook command; its own script would not survive a move. */
export const ansiblePlaybook = ["-m", "ansible", "playbook"] as const;
