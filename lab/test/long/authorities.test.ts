/** New certificate authorities by the procedure of docs/operations.md, whose commands are run as they are documented. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authorityOf } from "../../../components/control-plane/authority";
import { resetNode } from "../../../host/clean-up";
import { shellQuote } from "../../../host/shell";
import { Hosts } from "../../drill/hosts";
import { sshArguments } from "../../hosts/ssh";
import {
  addresses,
  lab as labCommand,
  masters,
  must,
  mustPulumi,
  onHost,
  place,
  pulumi,
  root,
  run,
  unattended,
} from "../e2e/driver";
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
  const script = `#!/bin/bash\ncase $1 in ${cases.join("\n")} esac\nexec /usr/bin/ssh -o BatchMode=yes "$@"\n`;
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
  expect(stages).toHaveLength(5);
  for (const number of numbers) {
    const script = `set -euo pipefail\nPATH=${shellQuote(folder)}:$PATH\n${common}\n${stages[number - 1] ?? ""}`;
    const { code, stdout, stderr } = await run("bash", ["-c", script], { seconds: 3000, echo: true });
    expect([code, code === 0 ? "" : stdout.slice(-3000) + stderr.slice(-3000)]).toEqual([0, ""]);
  }
}

/** Confirms the authorities that an `up` refuses. */
async function upWithNewAuthorities(): Promise<void> {
  const refused = await pulumi(["up", ...unattended]);
  const [, token = ""] = /KUBE_CONTROL_CONFIRM=(\S+)/.exec(refused.stdout + refused.stderr) ?? [];
  expect([refused.code === 0, token]).toEqual([false, expect.stringMatching(/./)]);
  const args = ["run", "--silent", "pulumi", "--", "up", ...unattended];
  await must("npm", args, { seconds: 900, env: { KUBE_CONTROL_CONFIRM: token } });
}

/** What the API server answers to a kubeconfig. */
const readyz = (kubeconfig: string) =>
  onHost(masters[0], "kubectl --kubeconfig /dev/stdin get --raw /readyz 2>&1 || true", kubeconfig);

const kubeconfigOf = () =>
  must("npm", ["run", "--silent", "pulumi", "--", "stack", "output", "kubeconfig", "--show-secrets"]);

const certificatesIn = (text: string) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
const authorityOn = async (node: string) => certificatesIn(await hosts.shell(node, "cat /etc/kubernetes/pki/ca.crt"));
const authorityIn = (kubeconfig: string) => certificatesIn(authorityOf(kubeconfig));

/** Prints what on a master shows that the former authorities were in use. */
const remains = `cd /etc/kubernetes
for name in ca front-proxy-ca etcd/ca; do (($(grep -c BEGIN pki/$name.crt) == 1)) || echo "$name"; done
for file in *.conf; do
  sed -n 's/^ *certificate-authority-data: *//p' "$file" | base64 -d | cmp --quiet - pki/ca.crt || echo "$file"
done
verify() { openssl verify -CAfile "pki/$1.crt" "\${@:2}" >/dev/null 2>&1 || echo "\${*:2}"; }
verify ca pki/apiserver.crt pki/apiserver-kubelet-client.crt /var/lib/kubelet/pki/kubelet-{client,server}-current.pem
verify front-proxy-ca pki/front-proxy-client.crt
verify etcd/ca pki/apiserver-etcd-client.crt pki/etcd/{server,peer,healthcheck-client}.crt
grep -H cluster-signing-cert-file {manifests,/var/lib/kube-control/kept}/kube-controller-manager.yaml | grep -v =/etc/kubernetes/pki/ca.crt || true
ls -d new-authorities pki/signing-ca.crt 2>/dev/null || true`;

let former: readonly string[];
let formerUser: string;

test(
  "a stack is built",
  async () => {
    await buildOnNewHosts(lab);
    // the second one stores the authority, which the first one has not read before it was created
    await mustPulumi(["up", ...unattended]);
    former = await authorityOn(masters[0]);
    expect(former).toHaveLength(1);
  },
  60 * minutes,
);

// a request of a node does not survive its reboot
const options = { onNodes: false };

test(
  "every node trusts both authorities, and no request fails",
  async () => {
    expectNoFailure(await underClients(lab, "trust in new authorities", () => runStages(1, 1, 2), options));
    await upWithNewAuthorities();
    formerUser = await kubeconfigOf();
    expect(authorityIn(formerUser)).toEqual(await authorityOn(masters[0]));
    expect(authorityIn(formerUser)).toEqual([...former, expect.any(String)]);
    await expectVerified(lab);
    await expectNothingToChange("--refresh");
  },
  60 * minutes,
);

test(
  "every certificate is signed by the new authorities, and no request fails",
  async () => {
    expectNoFailure(await underClients(lab, "certificates of new authorities", () => runStages(3, 3), options));
    // the client was signed by the former authority, and trusts both
    expect(await readyz(formerUser)).toBe("ok");
    await expectVerified(lab);
  },
  60 * minutes,
);

test(
  "only the new authorities are trusted at the end, and no request fails",
  async () => {
    const [, ...fresh] = authorityIn(formerUser);
    expectNoFailure(await underClients(lab, "trust in new authorities only", () => runStages(4, 5, 5), options));
    for (const node of nodes) expect(await authorityOn(node)).toEqual(fresh);
    for (const master of masters) expect(await hosts.shell(master, remains)).toBe("");
    expect(await readyz(formerUser)).toMatch(/must be logged in|Unauthorized/);
    const published = (namespace: string, name: string, key: string) =>
      onHost(
        masters[0],
        `kubectl --kubeconfig /etc/kubernetes/admin.conf -n ${namespace} get configmap ${name} -o 'jsonpath={.data.${key}}'`,
      );
    const forExtensions = (key: string) => published("kube-system", "extension-apiserver-authentication", key);
    expect(certificatesIn(await forExtensions("client-ca-file"))).toEqual(fresh);
    const frontProxy = await hosts.shell(masters[0], "cat /etc/kubernetes/pki/front-proxy-ca.crt");
    expect(certificatesIn(await forExtensions("requestheader-client-ca-file"))).toEqual(certificatesIn(frontProxy));
    expect(certificatesIn(await published("default", "kube-root-ca.crt", "ca\\.crt"))).toEqual(fresh);
    expect(authorityIn(await published("kube-public", "cluster-info", "kubeconfig"))).toEqual(fresh);
  },
  60 * minutes,
);

test(
  "the stack takes the new authorities over",
  async () => {
    await upWithNewAuthorities();
    const kubeconfig = await kubeconfigOf();
    expect(authorityIn(kubeconfig)).toEqual(await authorityOn(masters[0]));
    expect(await readyz(kubeconfig)).toBe("ok");
    await expectVerified(lab);
    await expectNothingToChange("--refresh");
  },
  30 * minutes,
);

test(
  "a node that was reset joins with the new authorities",
  async () => {
    await hosts.shell(worker, `(${resetNode}) >/tmp/reset.log 2>&1 || true`, 180);
    await must("npm", ["run", "--silent", "pulumi", "--", "up", "--refresh", ...unattended], { seconds: 900 });
    expect(await authorityOn(worker)).toEqual(await authorityOn(masters[0]));
    await expectVerified(lab);
  },
  30 * minutes,
);
