import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ClusterBackup } from "../../components/cluster-backup";
import { programs } from "../../components/cluster-backup/scripts";
import { ControlPlane } from "../../components/control-plane";
import { AgentTrust, DatadogAgent } from "../../components/datadog-agent";
import { DnsRecord, DnsSwap } from "../../components/dns-record";
import { EndpointReady, HaproxyPair, VirtualIpRelease } from "../../components/haproxy-pair";
import { Preflight } from "../../components/preflight";
import { surveyScript } from "../../host/survey";
import { maintenanceScript } from "../../operate/maintenance/run";
import { surveyText } from "../../operate/maintenance/survey";
import { surveyText as restoreSurveyText, workText } from "../../operate/restore/masters";
import { hostNamed, plan } from "../operate/maintenance/site";
import { hidden } from "../recorder";
import { hostAt, registered } from "../components/registered";
import { shellcheck } from "../shellcheck";

// shellcheck checks the scripts as they run: prelude, shared parts and body in one text, with their variables set.

const standalone = ["operate/host.sh", "operate/files.sh", "operate/rotate-authorities.sh"];

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-scripts-"));
  const recorded = await registered(everyComponent);
  for (const { name, inputs } of recorded.values()) {
    const text = hidden(inputs.stdin) ?? inputs.stdin;
    const [, step] = /^KC_STEP='(.*)'$/m.exec(String(text)) ?? [];
    // one script per step: those of other hosts differ only in their variables
    if (step !== undefined) {
      writeFileSync(
        join(folder, `${step.replace(/[^\w-]+/g, "-")}.sh`),
        `# shellcheck shell=bash\n# of ${name}\n${text}`,
      );
    }
  }
  for (const name of ["k8s-master1", "haproxy-lb1", "monitor"] as const) {
    const text = maintenanceScript(plan, hostNamed(name), "needed");
    writeFileSync(
      join(folder, `maintenance-of-${hostNamed(name).role.replace(" ", "-")}.sh`),
      `# shellcheck shell=bash\n${text}`,
    );
  }
  // these run on hosts, but not as a step
  writeFileSync(
    join(folder, "maintenance-survey.sh"),
    `# shellcheck shell=bash\n${surveyText(plan, hostNamed("monitor"))}`,
  );
  const site = { plan, podSubnet: "10.244.0.0/16" };
  for (const [name, text] of [
    ["restore-survey", restoreSurveyText(site, hostNamed("k8s-master1"))],
    ["restore", workText(site, hostNamed("k8s-master1"), "restore_master")],
  ] as const) {
    writeFileSync(join(folder, `${name}.sh`), `# shellcheck shell=bash\n${text}`);
  }
  writeFileSync(join(folder, "survey.sh"), surveyScript);
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, `${name}.sh`), text);
  for (const script of ["provider/leftovers.sh", "components/dns-record/hosts-program.sh", ...standalone]) {
    copyFileSync(join(__dirname, "../..", script), join(folder, basename(script)));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function everyComponent(): void {
  const [master1, master2, worker, monitor] = ["master1", "master2", "worker1", "monitor"].map((name, index) =>
    hostAt(name, `192.0.2.${index + 1}`),
  ) as [Host, Host, Host, Host];
  const loadBalancers = [
    { ...hostAt("lb1", "192.0.2.11"), priority: 2 },
    { ...hostAt("lb2", "192.0.2.12"), priority: 1 },
  ];
  const fqdn = "kube-control.example.com";
  const masters = [master1, master2];
  new Preflight("preflight", { masters, workers: [worker], loadBalancers, monitor, cluster: `${fqdn}:6443` });
  new ControlPlane("kubernetes", {
    endpoint: pulumi.output(fqdn),
    nodes: masters,
    workers: [worker],
    version: "v1.37.2",
    podSubnet: "10.244.0.0/16",
    serviceSubnet: "10.96.0.0/12",
    repository: { url: "http://192.0.2.1/kubernetes/", key: "KEY" },
    encryptionKeyGeneration: 2,
    apiServer: { audit: { enabled: true } },
    containerd: { mirrors: { "registry.k8s.io": ["http://192.0.2.1:5000"] } },
  });
  const virtualIp = { address: "192.0.2.100", vrrpVersion: 2, password: "labvip" };
  const pair = { virtualIp, nodes: loadBalancers, apiServers: masters };
  new HaproxyPair("k8s-managers", pair);
  new EndpointReady("k8s-managers", { ...pair, masters, fqdn });
  new VirtualIpRelease("k8s-managers", { nodes: loadBalancers, virtualIp: virtualIp.address });
  const rfc2136 = { server: "192.0.2.53", zone: "example.com", keyName: "key", secret: "c2VjcmV0" };
  const record = { fqdn, address: master1.address, hosts: masters, rfc2136 };
  const { recordId } = new DnsRecord("kube-control", record);
  new DnsSwap("kube-control-swap", { ...record, recordId, newAddress: virtualIp.address });
  new DatadogAgent("dd-agent", {
    host: monitor,
    apiKey: "x",
    logs: [{ name: "qnap", type: "udp", port: 15141, service: "qnap-nas", source: "qnap" }],
    checks: { tls: [{ name: "master1", server: master1.address, port: 6443, days: 30 }] },
  });
  const recipients = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"];
  const s3 = { endpoint: "https://s3.example.com", bucket: "backups", accessKeyId: "AKIA", secretAccessKey: "x" };
  new ClusterBackup("backup", { masters, cluster: `${fqdn}:6443`, recipients, copyTo: monitor, s3 });
  new AgentTrust("dd-agent", { host: monitor, authority: "-----BEGIN CERTIFICATE-----" });
}

type Host = ReturnType<typeof hostAt>;

test("the scripts of all steps are checked", () => {
  expect(readdirSync(folder).sort()).toMatchInlineSnapshot(`
    [
      "apply-the-list-of-API-servers.sh",
      "apply-the-pod-network.sh",
      "backup.sh",
      "end-the-access-for-copies.sh",
      "end-the-backup.sh",
      "end-the-uploads-of-backups.sh",
      "files.sh",
      "host.sh",
      "hosts-program.sh",
      "initialise-the-control-plane.sh",
      "install-Docker.sh",
      "install-the-renewal-of-certificates.sh",
      "join-as-master.sh",
      "join-as-worker.sh",
      "leftovers.sh",
      "log-in.sh",
      "maintenance-of-load-balancer.sh",
      "maintenance-of-master.sh",
      "maintenance-of-monitor.sh",
      "maintenance-survey.sh",
      "make-the-key-for-copies.sh",
      "make-the-record-kube-control-example-com.sh",
      "point-kube-control-example-com-at-192-0-2-100.sh",
      "preflight.sh",
      "prepare-for-Kubernetes.sh",
      "prepare-for-copies-of-backups.sh",
      "receive.sh",
      "removal-of-HAProxy-and-Keepalived.sh",
      "remove-the-agent.sh",
      "restore-survey.sh",
      "restore.sh",
      "rotate-authorities.sh",
      "rotate-the-encryption-key.sh",
      "set-up-HAProxy-and-Keepalived.sh",
      "set-up-the-backup.sh",
      "set-up-the-uploads-of-backups.sh",
      "start-Keepalived.sh",
      "survey.sh",
      "take-off-a-former-virtual-IP.sh",
      "take-part-in-the-cluster.sh",
      "update-to-the-configured-version-and-settings.sh",
      "upload.sh",
      "verify-the-virtual-IP.sh",
      "wait-for-the-cluster.sh",
      "wait-for-the-name-to-lead-to-192-0-2-100.sh",
      "wait-until-the-agent-listens.sh",
      "write-missing-encryption-keys.sh",
      "write-the-agent-s-conf-d.sh",
      "write-the-authority-that-the-agent-trusts.sh",
      "write-the-name-into-etc-hosts.sh",
    ]
  `);
});

test("shellcheck reports nothing", () => {
  const files = readdirSync(folder);
  const { status, stdout, stderr } = spawnSync(
    shellcheck(),
    // SC2034: some variables only make a step run again, and shared parts set variables that not every step uses
    ["--shell=bash", "--severity=warning", "--exclude=SC2034", "--format=gcc", ...files],
    { cwd: folder, encoding: "utf8" },
  );
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
}, 300_000);
