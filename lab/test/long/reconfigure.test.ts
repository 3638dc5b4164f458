/** Settings of a running control plane are changed under the drill's clients, and read back from the running processes. */
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { until } from "../../base/process";
import { Hosts } from "../../drill/hosts";
import type { Settings } from "../../drill/operator";
import { onMaster } from "../../drill/steady-state";
import { addresses, lab as labCommand, masters, onHost, place, virtualIp } from "../e2e/driver";
import { buildOnNewHosts, expectNothingToChange, expectVerified, planWith } from "./stack-on-new-hosts";
import { changeUnderClients, expectNoFailure } from "./under-clients";

const minutes = 60_000;
const lab = planWith([]);
const hosts = new Hosts(place);

beforeAll(() => buildOnNewHosts(lab), 60 * minutes);

afterAll(async () => {
  await labCommand(["down"], 300);
}, 10 * minutes);

type Process = "kube-apiserver" | "kube-controller" | "kube-scheduler" | "etcd";

/** The flags of a running process on each master. */
const flagsOf = (process: Process) =>
  onEachMaster(`tr '\\0' '\\n' <"/proc/$(pgrep -xo ${process})/cmdline"`).then((all) =>
    all.map((said) => said.trim().split("\n")),
  );

const onEachMaster = (line: string) => Promise.all(masters.map((master) => onHost(master, line)));

/** Reads a text on each master until it contains another text there: a changed file may be read later. */
async function expectOnEachMaster(line: string, wanted: string): Promise<void> {
  const seen = await until(
    () => onEachMaster(line),
    (all) => all.every((said) => said.includes(wanted)),
    { seconds: 60 },
  );
  expect(seen).toEqual(masters.map(() => expect.stringContaining(wanted)));
}

async function expectFlags(process: Process, ...flags: readonly string[]): Promise<void> {
  expect(await flagsOf(process)).toEqual(masters.map(() => expect.arrayContaining([...flags])));
}

/** The key that encrypts a Secret in etcd. */
const keyOf = (secret: string) =>
  onMaster(
    hosts,
    lab,
    `etcdctl https://127.0.0.1:2379 get --print-value-only /registry/secrets/default/${secret} | grep -ao 'k8s:enc:[a-z0-9]*:v1:[A-Za-z0-9-]*'`,
  );

interface Change {
  readonly title: string;
  readonly settings: Settings;
  /** Expects the settings in the running processes. */
  readonly expect: () => Promise<void>;
}

const kubernetes = (...path: string[]) => ["kubernetes", ...path] as const satisfies Settings[number][0];

const changes: readonly Change[] = [
  {
    title: "flags, environment and a volume of the API servers",
    settings: [
      [kubernetes("apiServer", "extraArgs"), { "max-requests-inflight": 800, vmodule: "httplog=3" }],
      [kubernetes("apiServer", "extraEnvs"), { GOGC: "200" }],
      [
        kubernetes("apiServer", "extraVolumes"),
        [{ name: "extra", hostPath: "/opt/extra", mountPath: "/opt/extra", pathType: "DirectoryOrCreate" }],
      ],
    ],
    expect: async () => {
      await expectFlags("kube-apiserver", "--max-requests-inflight=800", "--vmodule=httplog=3");
      const pid = "$(pgrep -xo kube-apiserver)";
      await expectOnEachMaster(`tr '\\0' '\\n' </proc/${pid}/environ; ls -d /proc/${pid}/root/opt/extra`, "GOGC=200");
    },
  },
  {
    title: "the audit log",
    settings: [[kubernetes("apiServer", "audit", "enabled"), true]],
    expect: async () => {
      await expectFlags("kube-apiserver", "--audit-log-path=/var/log/kubernetes/audit/audit.log");
      await expectClientOfEvent();
    },
  },
  {
    title: "the key that encrypts Secrets",
    settings: [[kubernetes("encryptionKeyGeneration"), 2]],
    expect: async () => {
      expect(await keyOf("before")).not.toBe(formerKey);
      const key = (await keyOf("before")).split(":").at(-1) ?? "";
      const names = await onEachMaster("grep -h 'name:' /etc/kubernetes/pki/encryption-at-rest.yaml");
      expect(names).toEqual(masters.map(() => `            - name: ${key}\n`));
      expect(await onMaster(hosts, lab, "kubectl get secret before -o jsonpath={.data.word}")).toBe("a2V0dGxl");
    },
  },
  {
    title: "etcd's times and quota",
    settings: [
      [kubernetes("etcd", "heartbeatInterval"), 100],
      [kubernetes("etcd", "electionTimeout"), 1000],
      [kubernetes("etcd", "extraArgs"), { "quota-backend-bytes": 4294967296 }],
    ],
    expect: () =>
      expectFlags("etcd", "--heartbeat-interval=100", "--election-timeout=1000", "--quota-backend-bytes=4294967296"),
  },
  {
    title: "flags of the controller managers and the schedulers",
    settings: [
      [kubernetes("controllerManager", "extraArgs"), { "terminated-pod-gc-threshold": 1000 }],
      [kubernetes("scheduler", "extraArgs"), { "kube-api-qps": 100 }],
    ],
    expect: async () => {
      await expectFlags("kube-controller", "--terminated-pod-gc-threshold=1000");
      await expectFlags("kube-scheduler", "--kube-api-qps=100");
    },
  },
  {
    title: "fields of kubelet and kube-proxy",
    settings: [
      [kubernetes("kubelet", "maxPods"), 123],
      [kubernetes("kubeProxy", "iptables"), { minSyncPeriod: "2s" }],
    ],
    expect: async () => {
      for (const master of masters) {
        const said = await onMaster(hosts, lab, `kubectl get --raw /api/v1/nodes/${master}/proxy/configz`);
        expect(JSON.parse(said)).toMatchObject({ kubeletconfig: { maxPods: 123 } });
      }
      await expectOnEachMaster("curl -s http://127.0.0.1:10249/configz", '"minSyncPeriod":"2s"');
    },
  },
  {
    title: "a name in the API servers' certificates",
    settings: [[kubernetes("certificateNames"), ["k8s.example.com"]]],
    expect: () =>
      expectOnEachMaster(
        "openssl s_client -connect 127.0.0.1:6443 </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName",
        "DNS:k8s.example.com",
      ),
  },
  {
    title: "authentication by OIDC, and admission",
    settings: [
      [kubernetes("apiServer", "authentication"), ".lab/authentication.yaml"],
      [kubernetes("apiServer", "admission"), ".lab/admission.yaml"],
    ],
    expect: async () => {
      const files = await flagsOf("kube-apiserver").then(([first = []]) =>
        first.flatMap(
          (flag) => /^--(?:authentication-config|admission-control-config-file)=(.*)/.exec(flag)?.[1] ?? [],
        ),
      );
      expect(files).toHaveLength(2);
      await expectOnEachMaster(`cat ${files.join(" ")}`, "https://login.kacangisnuts.com");
      // the admission configuration enforces a level that forbids a privileged pod
      const forbidden = await onMaster(
        hosts,
        lab,
        `kubectl create namespace strict >/dev/null
         kubectl -n strict run one --image registry.lab/none --privileged --dry-run=server 2>&1 || true`,
      );
      expect(forbidden).toContain("violates PodSecurity");
    },
  },
];

const authentication = `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
  - issuer: { url: "https://login.kacangisnuts.com", audiences: [kubernetes] }
    claimMappings: { username: { claim: email, prefix: "oidc:" } }
`;

const admission = `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: PodSecurity
    configuration:
      apiVersion: pod-security.admission.config.k8s.io/v1
      kind: PodSecurityConfiguration
      defaults: { enforce: baseline, enforce-version: latest }
      exemptions: { namespaces: [kube-system] }
`;

let formerKey = "";

describe("a reconfiguration", () => {
  beforeAll(async () => {
    writeFileSync(join(place.folder, "authentication.yaml"), authentication);
    writeFileSync(join(place.folder, "admission.yaml"), admission);
    await onMaster(hosts, lab, "kubectl create secret generic before --from-literal word=kettle");
    formerKey = await keyOf("before");
  }, minutes);

  test.each(changes)(
    "of $title fails no request, and is in force on every master",
    async ({ title, settings, expect: expectInForce }) => {
      const observed = await changeUnderClients(lab, title, settings);
      await expectInForce();
      expectNoFailure(observed);
    },
    20 * minutes,
  );

  test(
    "leaves nothing to change",
    async () => {
      await expectVerified(lab);
      await expectNothingToChange("--refresh");
    },
    10 * minutes,
  );
});

/** Sends a request by the virtual IP, and finds this client's port from the audit event, as docs/operations.md describes. */
async function expectClientOfEvent(): Promise<void> {
  const path = `/api/v1/namespaces/audited-${Date.now()}/secrets`;
  const port = await new Promise<number>((done, reject) => {
    const options = { host: virtualIp, port: 6443, path, agent: false, rejectUnauthorized: false };
    const call = request(options, (response) => {
      const { localPort = 0 } = response.socket;
      response.resume().on("end", () => done(localPort));
    });
    call.on("error", reject).end();
  });
  const events = await until(
    () => onEachMaster(`grep -h '${path}' /var/log/kubernetes/audit/audit.log || true`),
    (all) => all.join("") !== "",
    { seconds: 30 },
  );
  const index = events.findIndex((said) => said !== "");
  const event = JSON.parse(events[index] ?? "") as { readonly auditID: string; readonly sourceIPs: readonly string[] };
  const balancer = Object.entries(addresses).find(([, address]) => address === event.sourceIPs[0])?.[0];
  const logged = await onHost(
    masters[index] ?? "k8s-master1",
    `grep -h 'audit-ID="${event.auditID}"' /var/log/pods/kube-system_kube-apiserver-*/kube-apiserver/*.log`,
  );
  const [, source = ""] = /srcIP="([^"]+)"/.exec(logged) ?? [];
  expect(source).toContain(event.sourceIPs[0]);
  const line = await until(
    () =>
      onHost(balancer as "haproxy-lb1", `journalctl -u haproxy -o cat --since -5min | grep -F ' ${source}' || true`),
    (said) => said !== "",
    { seconds: 30 },
  );
  expect(line).toContain(`:${port} [`);
}
