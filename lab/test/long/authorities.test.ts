/** New certificate authorities by the procedure of docs/operations.md, whose commands are run as they are documented. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shellQuote } from "../../../host/shell";
import { Hosts } from "../../drill/hosts";
import { sshArguments } from "../../hosts/ssh";
import { addresses, lab as labCommand, masters, must, onHost, place, pulumi, root, run } from "../e2e/driver";
import { buildOnNewHosts, expectNothingToChange, expectVerified, planWith } from "./stack-on-new-hosts";
import { expectNoFailure, underClients } from "./under-clients";

const minutes = 60_000;
const worker = "k8s-worker1";
const nodes = [...masters, worker];
const lab = planWith([[["workers"], [{ name: worker, address: addresses["k8s-master1"].replace(/\d+$/, "161") }]]]);
const hosts = new Hosts(place);

/** The documented commands: what all stages need, and each stage. */
function documented(): readonly [string, ...string[]] {
  const text = readFileSync(join(root, "docs/operations.md"), "utf8");
  const [, commands] = /^### New certificate authorities$[\s\S]*?^```sh$([\s\S]*?)^```$/m.exec(text) ?? [];
  const [common = "", ...stages] = (commands ?? "").split(/^(?=# \d\. )/m);
  return [common, ...stages];
}

/** A folder for PATH with an `ssh` that reaches the lab's hosts by their names, as an operator's configuration does. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-authorities-"));
  const cases = nodes.map((name) => {
    const planned = lab.hosts.find((host) => host.name === name);
    if (planned === undefined) throw new Error(`${name} is not in the lab`);
    return `${name}) set -- ${sshArguments(lab, planned).map(shellQuote).join(" ")} "\${@:2}" ;;`;
  });
  const script = `#!/bin/bash\ncase $1 in ${cases.join("\n")} *) exit 2 ;; esac\nexec /usr/bin/ssh -o BatchMode=yes "$@"\n`;
  writeFileSync(join(folder, "ssh"), script);
  chmodSync(join(folder, "ssh"), 0o755);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await labCommand(["down"], 300);
}, 10 * minutes);

/** Runs stages of the procedure, by number from 1. */
async function runStages(...numbers: readonly number[]): Promise<void> {
  const [common, ...stages] = documented();
  expect(stages).toHaveLength(4);
  for (const number of numbers) {
    const script = `set -euo pipefail\nPATH=${shellQuote(folder)}:$PATH\n${common}\n${stages[number - 1] ?? ""}`;
    const { code, stdout, stderr } = await run("bash", ["-c", script], { seconds: 3000, echo: true });
    expect([code, code === 0 ? "" : stdout.slice(-3000) + stderr.slice(-3000)]).toEqual([0, ""]);
  }
}

/** Each authority and certificate of a node that the given authorities do not verify. */
const notOf = (authority: string) =>
  hosts.shell(
    masters[0],
    `for f in /etc/kubernetes/pki/{apiserver,apiserver-kubelet-client}.crt /var/lib/kubelet/pki/kubelet-{client,server}-current.pem; do
       openssl verify -partial_chain -CAfile ${authority} $f >/dev/null 2>&1 || echo $f
     done`,
  );

const kubeconfigOf = () =>
  must("npm", ["run", "--silent", "pulumi", "--", "stack", "output", "kubeconfig", "--show-secrets"]);

let former: string;

test(
  "a stack is built",
  async () => {
    await buildOnNewHosts(lab);
    former = await onHost(masters[0], "cat /etc/kubernetes/pki/ca.crt");
  },
  60 * minutes,
);

test(
  "every certificate is replaced while all nodes trust both authorities, and no request fails",
  async () => {
    // a request of a node does not survive its reboot
    const options = { onNodes: false };
    expectNoFailure(await underClients(lab, "new certificate authorities", () => runStages(1, 2, 3), options));
    expect(await notOf("/etc/kubernetes/new-authorities/ca.crt")).toBe("");
    await expectVerified(lab);
  },
  90 * minutes,
);

test(
  "only the new authorities are trusted at the end, and the stack takes them over",
  async () => {
    const before = await kubeconfigOf();
    await runStages(4);
    for (const node of nodes) {
      const authority = await hosts.shell(node, "cat /etc/kubernetes/pki/ca.crt");
      expect(authority.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
      expect(authority).not.toBe(former);
    }
    const get = "kubectl --kubeconfig /dev/stdin get --raw /readyz";
    await expect(onHost(masters[0], get, before)).rejects.toThrow(/certificate|x509/);
    const refused = await pulumi(["up", "--refresh", "--yes", "--skip-preview", "--non-interactive"]);
    const [, token = ""] = /KUBE_CONTROL_CONFIRM=(\S+)/.exec(refused.stdout + refused.stderr) ?? [];
    expect([refused.code === 0, token]).toEqual([false, expect.stringMatching(/./)]);
    process.env["KUBE_CONTROL_CONFIRM"] = token;
    const { code, stdout } = await pulumi(["up", "--refresh", "--yes", "--skip-preview", "--non-interactive"]);
    delete process.env["KUBE_CONTROL_CONFIRM"];
    expect([code, code === 0 ? "" : stdout]).toEqual([0, ""]);
    expect(await onHost(masters[0], get, await kubeconfigOf())).toBe("ok");
    await expectVerified(lab);
    await expectNothingToChange();
  },
  60 * minutes,
);
