import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditPolicy } from "../../../components/control-plane/audit-policy";
import { type CheckedArgs, refusals } from "../../../components/control-plane/refusals";

const folder = mkdtempSync(join(tmpdir(), "kube-control-refusals-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (content: string) => {
  const path = join(folder, `${Math.random()}.yaml`);
  writeFileSync(path, content);
  return path;
};

/** `argument: what → remedy` of each refusal. */
const told = (args: CheckedArgs) =>
  refusals(args).map(({ path, what, remedy }) => `${path.join(".")}: ${what} → ${remedy}`);
const flagOf = (
  component: "apiServer" | "controllerManager" | "scheduler" | "etcd",
  flag: string,
  value: unknown = "x",
) => told({ [component]: { extraArgs: { [flag]: value } } });

test.each([
  ["apiServer", "advertise-address", "Remove it."],
  ["apiServer", "secure-port", "Remove it."],
  ["apiServer", "etcd-servers", "Remove it."],
  ["apiServer", "client-ca-file", "Remove it."],
  ["apiServer", "tls-private-key-file", "Remove it."],
  ["apiServer", "service-cluster-ip-range", "set serviceSubnet."],
  ["apiServer", "encryption-provider-config", "set encryptionAtRest."],
  ["apiServer", "shutdown-delay-duration", "set shutdownDelay."],
  ["apiServer", "anonymous-auth", "set apiServer.authentication."],
  ["apiServer", "authentication-config", "set apiServer.authentication."],
  ["apiServer", "admission-control-config-file", "set apiServer.admission."],
  ["apiServer", "audit-policy-file", "set apiServer.audit.policy."],
  ["apiServer", "audit-log-maxage", "set apiServer.audit.log."],
  ["controllerManager", "cluster-cidr", "set podSubnet."],
  ["controllerManager", "leader-elect", "Remove it."],
  ["scheduler", "kubeconfig", "Remove it."],
  ["etcd", "data-dir", "Remove it."],
  ["etcd", "initial-cluster-state", "Remove it."],
  ["etcd", "listen-peer-urls", "Remove it."],
  ["etcd", "heartbeat-interval", "set etcd.heartbeatInterval."],
  ["etcd", "election-timeout", "set etcd.electionTimeout."],
] as const)("the flag %s.%s is refused, with what to do instead", (component, flag, remedy) => {
  expect(flagOf(component, flag)).toEqual([
    expect.stringMatching(new RegExp(`^${component}\\.extraArgs\\.${flag}: is a flag that .+${remedy}$`)),
  ]);
});

test("flags of programs that nothing depends on are accepted", () => {
  const extraArgs = {
    "max-requests-inflight": 800,
    vmodule: "httplog=3",
    "oidc-issuer-url": "https://oidc.example.com",
  };
  expect(told({ apiServer: { extraArgs }, etcd: { extraArgs: { "quota-backend-bytes": 8589934592 } } })).toEqual([]);
});

test.each([
  ["--v", "Write it without dashes in front and without a value: v."],
  ["v=4", "Write it without dashes in front and without a value, e.g. profiling."],
])("the name %s is not a flag's", (flag, remedy) => {
  expect(flagOf("scheduler", flag)).toEqual([`scheduler.extraArgs.${flag}: is not the name of a flag → ${remedy}`]);
});

test.each([
  ["apiServer", "enable-admission-plugins", "PodNodeSelector", "NodeRestriction,PodNodeSelector"],
  ["apiServer", "authorization-mode", "RBAC", "Node,RBAC,Webhook"],
  [
    "apiServer",
    "service-account-issuer",
    "https://oidc.example.com",
    ["https://oidc.example.com", "https://kubernetes.default.svc.cluster.local"],
  ],
  ["controllerManager", "controllers", "*,-ttl", "*,-ttl,bootstrapsigner,tokencleaner"],
] as const)("%s.%s must contain what kubeadm sets", (component, flag, short, complete) => {
  expect(flagOf(component, flag, short)).toEqual([
    expect.stringMatching(/does not contain .+ → Add it to the value\.$/),
  ]);
  expect(flagOf(component, flag, complete)).toEqual([]);
});

test("volumes: a taken name, a taken place, a relative path and an illegal name are refused", () => {
  const volume = { name: "mine", hostPath: "/srv/a", mountPath: "/a" };
  const extraVolumes = [
    volume,
    { ...volume, mountPath: "/b" },
    { ...volume, name: "k8s-certs", mountPath: "/c" },
    { ...volume, name: "pki", mountPath: "/etc/kubernetes/pki" },
    { ...volume, name: "relative", hostPath: "srv", mountPath: "/d" },
    { ...volume, name: "No_Name", mountPath: "/e" },
  ];
  expect(refusals({ scheduler: { extraVolumes } }).map(({ path }) => path.slice(2).join("."))).toEqual([
    ...["1.name", "2.name", "3.mountPath", "4.hostPath", "5.name"],
  ]);
});

test("an illegal name of an environment variable is refused", () => {
  expect(told({ etcd: { extraEnvs: { "A-B": "1", GOGC: "200" } } })).toEqual([
    expect.stringContaining("etcd.extraEnvs.A-B: is not the name"),
  ]);
});

const authentication = (rest: string) =>
  `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n${rest}`;
const needed = ["/livez", "/readyz", "/api/v1/namespaces/kube-public/configmaps/cluster-info"];
const conditions = (paths: string[]) =>
  authentication(
    `anonymous:\n  enabled: true\n  conditions:\n${paths.map((path) => `    - path: ${path}\n`).join("")}`,
  );

test.each([
  ["a JWT issuer", authentication("jwt: [{issuer: {url: https://oidc.example.com, audiences: [k8s]}}]\n")],
  ["conditions with all paths that are read without a login", conditions(needed)],
])("an AuthenticationConfiguration with %s is accepted", (_, text) => {
  expect(told({ apiServer: { authentication: file(text) } })).toEqual([]);
});

test.each([
  ["a file that does not exist", "/nowhere.yaml", "does not exist"],
  ["an empty file", file(""), "is empty"],
  ["text that is not YAML", file("a: [\n"), "is not valid YAML"],
  ["several documents", file(`${authentication("")}---\na: 1\n`), "has several documents"],
  [
    "another kind",
    file("apiVersion: v1\nkind: Secret\n"),
    "is not of the kind AuthenticationConfiguration: its kind is Secret",
  ],
  [
    "another version",
    file(authentication("").replace("/v1", "/v1alpha1")),
    "has the apiVersion apiserver.config.k8s.io/v1alpha1",
  ],
  ["no anonymous access", file(authentication("anonymous: {enabled: false}\n")), "disables anonymous access"],
  [
    "no anonymous access to /readyz",
    file(conditions(needed.filter((path) => path !== "/readyz"))),
    "without /readyz, which HAProxy's checks",
  ],
  [
    "an empty list of conditions",
    file(authentication("anonymous: {enabled: true, conditions: [{path: /livez}]}\n")),
    "cluster-info",
  ],
])("an AuthenticationConfiguration: %s is refused", (_, path, what) => {
  expect(told({ apiServer: { authentication: path } })).toEqual([expect.stringContaining(what)]);
});

test("an AuthenticationConfiguration excludes the flags of OIDC", () => {
  const apiServer = {
    authentication: file(conditions(needed)),
    extraArgs: { "oidc-issuer-url": "https://oidc.example.com" },
  };
  expect(told({ apiServer })).toEqual([
    expect.stringContaining("apiServer.extraArgs.oidc-issuer-url: excludes apiServer.authentication"),
  ]);
});

test("an AdmissionConfiguration may not name a file that is not written to the masters", () => {
  const admission = (plugin: string) =>
    told({
      apiServer: {
        admission: file(`apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: [${plugin}]\n`),
      },
    });
  expect(admission("{name: PodSecurity, configuration: {}}")).toEqual([]);
  expect(admission("{name: PodSecurity, path: pods.yaml}")).toEqual([expect.stringContaining("by a relative path")]);
});

test("an audit policy: ours and one with rules are accepted; one without rules, or without levels, is refused", () => {
  const policy = (text: string) => told({ apiServer: { audit: { enabled: true, policy: file(text) } } });
  const head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";
  expect(policy(auditPolicy)).toEqual([]);
  expect(policy(`${head}rules: []\n`)).toEqual([expect.stringContaining("has no rules")]);
  expect(policy(`${head}rules: [{level: Metadata}, {level: All}]\n`)).toEqual([
    expect.stringContaining("has a rule (number 2)"),
  ]);
});

test.each([
  "/var/log/audit.log",
  "/var/log/kubernetes/audit/",
  "/var/log/kubernetes/audit/../x.log",
  "/var/log/kubernetes/audit/a b.log",
])("the audit log may not be at %s", (path) =>
  expect(told({ apiServer: { audit: { enabled: true, log: { path } } } })).toEqual([
    expect.stringContaining("is not a file below /var/log/kubernetes/audit/"),
  ]),
);

test("a policy without an audit log, and a key's number without encryption, are refused", () => {
  expect(told({ apiServer: { audit: { policy: file(auditPolicy) } } })).toEqual([
    expect.stringContaining("the audit log is off"),
  ]);
  expect(told({ encryptionAtRest: false, encryptionKeyGeneration: 2 })).toEqual([
    expect.stringContaining("Secrets are not encrypted"),
  ]);
});
