import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabError } from "../../../base/error";
import type { Place } from "../../../base/place";
import { tryRun } from "../../../base/process";
import type { Report } from "../../../base/progress";
import type { Site } from "../site";
import { ansiblePlaybook, needAnsible, playbookFolder } from "./ansible-core";
import type { Contestant } from "./contestant";
import { inventoryOf } from "./inventory";

/** What the playbook's last lines say of a host. */
export interface Recap {
  readonly host: string;
  readonly changed: number;
  readonly failed: number;
  readonly unreachable: number;
}

/** The lines `HOST : ok=1 changed=0 unreachable=0 failed=0 …` below PLAY RECAP. */
export function readRecap(output: string): Recap[] {
  const [, recap = ""] = output.split(/^PLAY RECAP .*$/m);
  return [...recap.matchAll(/^(\S+)\s*: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)/gm)].map(
    ([, host = "", changed, unreachable, failed]) => ({
      host,
      changed: Number(changed),
      unreachable: Number(unreachable),
      failed: Number(failed),
    }),
  );
}

/** The same stack as a playbook (lab/bench/ansible), run by a pinned ansible-core. */
export function ansible(place: Place, site: Site): Contestant {
  const folder = join(place.folder, "bench", "ansible");
  let python = "";

  return {
    name: "Ansible",
    async prepare(report) {
      python = await needAnsible(place, report);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const { inventory, secrets } = inventoryOf(site);
      writeFileSync(join(folder, "inventory.yml"), inventory, { mode: 0o600 });
      writeFileSync(join(folder, "secrets.yml"), secrets, { mode: 0o600 });
    },
    async build(report) {
      await play(report);
    },
    async again(report) {
      const changed = (await play(report)).filter((host) => host.changed > 0);
      if (changed.length > 0) {
        const seen = changed.map((host) => `${host.host} ${host.changed}`).join(", ");
        throw new LabError(
          `the playbook, run again, changed something: ${seen}`,
          `It is to be idempotent; its output is in ${join(folder, "output.log")}.`,
        );
      }
    },
  };

  async function play(report: Report): Promise<Recap[]> {
    // connections of their own for each run: none is left over from the one before
    const connections = mkdtempSync(join(tmpdir(), "kc-"));
    try {
      const { code, stdout, stderr } = await tryRun(
        python,
        [...ansiblePlaybook, "-i", join(folder, "inventory.yml"), "-e", `@${join(folder, "secrets.yml")}`, "site.yml"],
        {
          cwd: playbookFolder,
          env: {
            ANSIBLE_CONFIG: join(playbookFolder, "ansible.cfg"),
            ANSIBLE_SSH_CONTROL_PATH_DIR: connections,
            ANSIBLE_NOCOLOR: "1",
            ANSIBLE_FORCE_COLOR: "0",
            LC_ALL: "C.UTF-8",
          },
          onLine: (line) => {
            const task = /^TASK \[(.*?)\]/.exec(line)?.[1];
            if (task !== undefined) report(task);
          },
        },
      );
      writeFileSync(join(folder, "output.log"), `${stdout}${stderr}`, { mode: 0o600 });
      const recap = readRecap(stdout);
      if (code !== 0 || recap.length === 0) {
        const from = stdout.search(/^(fatal|failed|ERROR|\[ERROR\])/m);
        const last = from < 0 ? `${stdout}\n${stderr}`.slice(-3000) : `${stdout.slice(from, from + 3000)}\n${stderr}`;
        throw new LabError("the playbook failed", `Its whole output is in ${join(folder, "output.log")}.`, last);
      }
      return recap;
    } finally {
      rmSync(connections, { recursive: true, force: true });
    }
  }
}
