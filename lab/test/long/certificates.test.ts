/**
 * Certificates that are valid for 30 minutes: they are renewed in time while the drill's clients use the endpoint, and a renewal that
 * does not happen is reported.
 */
import { X509Certificate } from "node:crypto";
import { resetNode } from "../../../host/clean-up";
import { shellQuote } from "../../../host/shell";
import { until } from "../../base/process";
import { Hosts } from "../../drill/hosts";
import { addresses, lab as labCommand, masters, must, onHost, place, pulumi, unattended } from "../e2e/driver";
import { monitorState } from "../e2e/datadog";
import { buildOnNewHosts, expectNothingToChange, expectVerified, planWith } from "./stack-on-new-hosts";
import { expectNoFailure, underClients } from "./under-clients";

const minutes = 60_000;
const worker = "k8s-worker1";
const nodes = [...masters, worker];
const hosts = new Hosts(place);
const lab = planWith([
  [["kubernetes", "certificateValidity"], "30m"],
  [["workers"], [{ name: worker, address: addresses["k8s-master1"].replace(/\d+$/, "161") }]],
]);

afterAll(async () => {
  await labCommand(["down"], 300);
}, 10 * minutes);

/** The certificates of a host by file, with their serial numbers and ends. */
async function certificatesOf(host: string, files: string): Promise<Map<string, { serial: string; end: number }>> {
  const printed = await hosts.shell(
    host,
    `for file in ${files}; do
       [[ -r $file ]] || continue
       echo "$file $(if [[ $file == *.conf ]]; then awk '$1 == "client-certificate-data:" { print $2 }' "$file" | base64 -d; else cat "$file"; fi |
         openssl x509 -outform der | base64 -w 0)"
     done`,
  );
  const lines = printed.trim().split("\n");
  return new Map(
    lines.map((line) => {
      const [file = "", der = ""] = line.split(" ");
      const { serialNumber: serial, validTo } = new X509Certificate(Buffer.from(der, "base64"));
      return [file, { serial, end: new Date(validTo).getTime() }];
    }),
  );
}
const ofKubeadm = [
  ...["admin", "controller-manager", "scheduler", "super-admin"].map((name) => `${name}.conf`),
  ...["apiserver", "apiserver-kubelet-client", "apiserver-etcd-client", "front-proxy-client"].map(
    (name) => `pki/${name}.crt`,
  ),
  ...["server", "peer", "healthcheck-client"].map((name) => `pki/etcd/${name}.crt`),
]
  .map((path) => `/etc/kubernetes/${path}`)
  .join(" ");
const ofKubelet = ["client", "server"].map((name) => `/var/lib/kubelet/pki/kubelet-${name}-current.pem`).join(" ");

type Certificates = Map<string, { serial: string; end: number }>;

/** Reads the certificates of hosts: `HOST FILE` with serial number and end. */
async function read(names: readonly string[], files: string): Promise<Certificates> {
  const all: Certificates = new Map();
  for (const host of names) {
    for (const [file, one] of await certificatesOf(host, files)) all.set(`${host} ${file}`, one);
  }
  return all;
}

/** Waits until other certificates are in the place of the given ones, of which none may have expired before. */
async function waitForRenewal(before: Certificates, names: readonly string[], files: string): Promise<void> {
  const old = await until(
    async () => {
      const now = await read(names, files);
      return [...before].filter(([place, { serial }]) => now.get(place)?.serial === serial);
    },
    (same) => same.length === 0 || same.some(([, { end }]) => end < Date.now()),
    { seconds: 30 * 60, every: 20 },
  );
  expect(old.map(([place]) => place)).toEqual([]);
}

test("a stack with certificates of 30 minutes is built", () => buildOnNewHosts(lab), 60 * minutes);

test(
  "kubeadm's certificates are renewed on every master, and no request fails",
  async () => {
    const before = await read(masters, ofKubeadm);
    // super-admin.conf is on the first master only
    expect(before.size).toBe(10 * masters.length + 1);
    const observed = await underClients(lab, "renewal of kubeadm's certificates", () =>
      waitForRenewal(before, masters, ofKubeadm),
    );
    expectNoFailure(observed);
  },
  40 * minutes,
);

test(
  "the components that read their kubeconfig at their start have been restarted",
  async () => {
    for (const master of masters) {
      const said = await onHost(master, "journalctl -u kube-control-certificates --no-pager -o cat");
      for (const name of ["kube-controller", "kube-scheduler"]) expect(said).toContain(`restarted ${name}`);
    }
    await expectVerified(lab);
  },
  10 * minutes,
);

test(
  "kubelets' client and serving certificates are renewed, and no request fails",
  async () => {
    const before = await read(nodes, ofKubelet);
    expect(before.size).toBe(2 * nodes.length);
    const observed = await underClients(lab, "renewal of kubelets' certificates", () =>
      waitForRenewal(before, nodes, ofKubelet),
    );
    expectNoFailure(observed);
    const approvals = await Promise.all(
      masters.map((master) => onHost(master, "journalctl -u kube-control-certificates --no-pager -o cat")),
    );
    for (const node of nodes) expect(approvals.join("\n")).toContain(`approved the serving certificate of ${node}`);
  },
  40 * minutes,
);

test(
  "a worker whose kubelet's certificate has expired is reset, and joins again",
  async () => {
    const [pki, file] = ["/etc/kubernetes/pki", "/var/lib/kubelet/pki/kubelet-client-current.pem"];
    const subject = `/O=system:nodes/CN=system:node:${worker}`;
    const request = await hosts.shell(worker, `openssl req -new -key ${file} -subj '${subject}'`);
    const expired = await onHost(
      masters[0],
      `openssl x509 -req -CA ${pki}/ca.crt -CAkey ${pki}/ca.key -not_before 20260101000000Z -not_after 20260102000000Z`,
      request,
    );
    await hosts.shell(
      worker,
      `key=$(openssl pkey -in ${file}) && printf '%s\\n' ${shellQuote(expired)} "$key" >${file} && systemctl restart kubelet`,
    );
    const kubectl = "kubectl --kubeconfig /etc/kubernetes/admin.conf get node";
    const isReady = () =>
      onHost(masters[0], `${kubectl} ${worker} -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'`);
    expect(await until(isReady, (ready) => ready === "Unknown", { seconds: 180 })).toBe("Unknown");
    await hosts.shell(worker, `(${resetNode}) >/tmp/reset.log 2>&1 || true`, 180);
    const { code, stdout } = await pulumi(["up", "--refresh", ...unattended]);
    expect([code, code === 0 ? "" : stdout]).toEqual([0, ""]);
    expect(await until(isReady, (ready) => ready === "True", { seconds: 120 })).toBe("True");
    await expectVerified(lab);
    await expectNothingToChange();
  },
  20 * minutes,
);

/** The end of the client certificate in the stack's kubeconfig. */
async function kubeconfigEnd(): Promise<number> {
  const kubeconfig = await must("npm", [
    "run",
    "--silent",
    "pulumi",
    "--",
    "stack",
    "output",
    "kubeconfig",
    "--show-secrets",
  ]);
  const [, data = ""] = /client-certificate-data: (\S+)/.exec(kubeconfig) ?? [];
  return new Date(new X509Certificate(Buffer.from(data, "base64")).validTo).getTime();
}

test(
  "an up renews the stack's kubeconfig, and leaves nothing to change",
  async () => {
    const before = await kubeconfigEnd();
    const { code, stdout } = await pulumi(["up", "--yes", "--skip-preview", "--non-interactive"]);
    expect([code, code === 0 ? "" : stdout]).toEqual([0, ""]);
    expect(await kubeconfigEnd()).toBeGreaterThan(before);
    await expectNothingToChange();
  },
  10 * minutes,
);

test(
  "with the timers stopped, status and monitor report certificates that were not renewed; both recover with the timers",
  async () => {
    const timers = (verb: string) =>
      Promise.all(masters.map((master) => onHost(master, `systemctl ${verb} kube-control-certificates.timer`)));
    const status = async () => (await labCommand(["status"], 60)).stdout;
    const reported = /certificates of k8s-master1: \d+ minutes left: .*pki\/apiserver\.crt/;
    await timers("stop");
    expect(await status()).toMatch(/kube-control-certificates\.timer on k8s-master1 is inactive/);
    const alert = () => monitorState("certificate");
    expect(await until(alert, (state) => state === "Alert", { seconds: 1500, every: 10 })).toBe("Alert");
    expect(await status()).toMatch(reported);
    await timers("start");
    expect(await until(alert, (state) => state === "OK", { seconds: 240, every: 5 })).toBe("OK");
    expect(await until(status, (text) => !reported.test(text), { seconds: 120 })).not.toMatch(reported);
    await expectVerified(lab);
  },
  40 * minutes,
);
