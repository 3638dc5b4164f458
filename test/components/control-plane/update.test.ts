import { blankHosts, makeNode, scriptTexts } from "../../stand-ins/cluster";
import type { StandInHosts } from "../../stand-ins/hosts";
import { hostAt } from "../registered";
import { join } from "node:path";

// The real script, run by bash on hosts that are folders; see test/stand-ins/README.md.

const node = "k8s-master2";
const parts = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];
const manifest = (part: string, version: string) => `    image: registry.k8s.io/${part}:${version}\n`;
let text: string;
let world: StandInHosts;

beforeAll(async () => {
  text = (await scriptTexts())(`${node}-update`);
});
beforeEach(() => {
  world = blankHosts();
  for (const tool of ["openssl", "apt-cache", "ctr", "containerd", "sudo"]) {
    world.link(join(__dirname, "../../stand-ins/tool.sh"), `bin/${tool}`);
  }
  world.write("cluster/version", "v1.37.2\n");
  world.write("cluster/configuration-digest", /CONFIGURATION_DIGEST='?([0-9a-f]+)/.exec(text)?.[1]);
  for (const master of ["k8s-master1", "k8s-master2", "k8s-master3"]) makeMaster(master, "v1.37.2");
  for (const part of parts) world.write(`cluster/rendered/${part}.yaml`, manifest(part, "v1.37.2"));
  world.write("cluster/rendered/etcd.yaml", "    - --initial-cluster=k8s-master2=https://192.0.2.12:2380\n");
  world.write("cluster/rendered/config.yaml", "kind: KubeletConfiguration\n");
  const names = "DNS:kube-control.example.com, IP Address:192.0.2.10, IP Address:192.0.2.11, IP Address:192.0.2.12";
  world.order("openssl x509", { stdout: `X509v3 Subject Alternative Name:\n    ${names}, IP Address:192.0.2.13\n` });
  world.order("kubelet --version", { stdout: "Kubernetes v1.37.2\n" });
});
afterEach(() => world.remove());

function makeMaster(name: string, version: string): void {
  makeNode(world, name);
  const root = `hosts/${name}`;
  for (const part of parts) world.write(`${root}/etc/kubernetes/manifests/${part}.yaml`, manifest(part, version));
  world.write(
    `${root}/etc/kubernetes/manifests/etcd.yaml`,
    "    - --initial-cluster=k8s-master1=https://192.0.2.11:2380\n",
  );
  world.write(`${root}/var/lib/kubelet/config.yaml`, "kind: KubeletConfiguration\n");
}

const update = (of = text) => world.run(of, "create");
/** The calls that change the cluster or a node, in order. */
const changes = (calls: readonly string[]) =>
  calls
    .filter((call) => !call.includes("--dry-run"))
    .filter((call) =>
      /kubeadm (upgrade|init)|kubectl .*(cordon|drain|annotate)|move-leader|snapshot save|systemctl restart/.test(call),
    );

test("a node with the version and the settings is not changed", async () => {
  const { status, stdout, stderr, calls } = await update();
  expect([status, stderr, changes(calls)]).toEqual([0, "", []]);
  expect(stdout).toBe(`${node} runs Kubernetes v1.37.2 with the configured settings\n`);
});

test("a changed manifest is applied out of service, without a drain, and the copies are replaced", async () => {
  world.write(
    "cluster/rendered/kube-apiserver.yaml",
    `${manifest("kube-apiserver", "v1.37.2")}    - --profiling=false\n`,
  );
  const { status, stderr, calls } = await update();
  expect([status, stderr]).toEqual([0, ""]);
  expect(changes(calls)).toEqual([
    "k8s-master1: kubectl annotate node k8s-master2 kube-control/maintenance=cordoned",
    "k8s-master2: kubeadm upgrade node --certificate-renewal=false --etcd-upgrade=false --skip-phases=kubelet-config",
    expect.stringContaining("annotate --overwrite configmap kubeadm-config"),
    "k8s-master1: kubectl uncordon k8s-master2",
    "k8s-master1: kubectl annotate node k8s-master2 kube-control/maintenance-",
  ]);
  expect(world.exists(`hosts/${node}/var/lib/kube-control/kept/kube-apiserver.yaml`)).toBe(true);
});

test("a master leaves all load balancers: requests that are under way end before its connections are closed", async () => {
  const balancers = { "haproxy-lb1": "192.0.2.31", "haproxy-lb2": "192.0.2.32" };
  const loadBalancers = {
    hosts: Object.entries(balancers).map(([name, address]) => hostAt(name, address)),
    statsSocket: "/run/haproxy.sock",
    backend: "k8s-managers-readyz",
  };
  for (const [name, address] of Object.entries(balancers)) {
    world.write("addresses", `${world.read("addresses")}${name} ${address}\n`);
    // HAProxy does not run there
    world.write(`hosts/${name}/run/.keep`);
  }
  world.write("cluster/rendered/kube-apiserver.yaml", "changed\n");
  const { status, stderr, calls } = await update((await scriptTexts({ loadBalancers }))(`${node}-update`));
  expect([status, stderr]).toEqual([0, ""]);
  const seen = calls.filter((call) => /: (server_|kubeadm upgrade node --)/.test(call));
  expect(seen).toEqual([
    ...["ssh haproxy-lb1: server_drains", "ssh haproxy-lb2: server_drains"],
    ...["ssh haproxy-lb1: server_leaves", "ssh haproxy-lb2: server_leaves"],
    expect.stringContaining("kubeadm upgrade node"),
    ...["ssh haproxy-lb1: server_joins", "ssh haproxy-lb2: server_joins"],
  ]);
});

test("a change by hand stays while the settings are the same", async () => {
  for (const part of parts) {
    world.write(`hosts/${node}/var/lib/kube-control/kept/${part}.yaml`, manifest(part, "v1.37.2"));
  }
  const path = `hosts/${node}/etc/kubernetes/manifests/kube-apiserver.yaml`;
  world.write(path, `${world.read(path)}    - --v=4\n`);
  expect(changes((await update()).calls)).toEqual([]);
});

test("changed settings are uploaded to the cluster before a node is compared with them", async () => {
  world.write("cluster/configuration-digest", "other");
  const { status, calls } = await update();
  expect(status).toBe(0);
  expect(changes(calls)).toEqual([
    "k8s-master2: kubeadm init phase upload-config all --config FILE",
    "k8s-master2: kubeadm init phase addon kube-proxy --config FILE",
    expect.stringContaining("annotate --overwrite configmap kubeadm-config"),
  ]);
});

test("if another node is not ready, nothing is changed", async () => {
  world.write("cluster/configuration-digest", "other");
  world.order("get nodes -o jsonpath", { stdout: "k8s-master1 True\nk8s-master3 False\n" });
  const { status, stderr, calls } = await update();
  expect([status, changes(calls)]).toEqual([64, []]);
  expect(stderr).toContain("last seen: node k8s-master3 is not Ready");
});

test("an update that was interrupted is completed", async () => {
  world.write(`cluster/maintenance-${node}`, "cordoned");
  const { status, calls } = await update();
  expect(status).toBe(0);
  expect(changes(calls)).toContain(`k8s-master1: kubectl uncordon ${node}`);
  expect(world.exists(`cluster/maintenance-${node}`)).toBe(false);
});

test.each([
  ["is out of service", true],
  ["was returned to service by npm run maintain", false],
])("an upgrade that was interrupted before the new kubelet was started is completed: the node %s", async (_, isOut) => {
  if (isOut) world.write(`cluster/maintenance-${node}`, "cordoned");
  world.order("jsonpath=.\\.status\\.nodeInfo", { stdout: "v1.36.3" });
  world.order("apt-cache madison kubeadm", { stdout: " kubeadm | 1.37.2-1.1 | http://192.0.2.1 Packages\n" });
  world.order("get node k8s-master2 .*status.conditions", { stdout: "True v1.37.2" });
  const { status, stderr, calls } = await update();
  expect([status, stderr]).toEqual([0, ""]);
  expect(changes(calls)).toEqual(
    expect.arrayContaining([
      "k8s-master2: kubeadm upgrade node",
      "k8s-master2: systemctl restart kubelet",
      `k8s-master1: kubectl uncordon ${node}`,
    ]),
  );
});

describe("an API server's certificate without a configured name", () => {
  const pki = `hosts/${node}/etc/kubernetes/pki`;
  const made = () => [world.read(`${pki}/apiserver.crt`), world.read(`${pki}/apiserver.key`)];
  let lacking: string;
  beforeAll(async () => {
    lacking = (await scriptTexts({ certificateNames: ["api.example.com"] }))(`${node}-update`);
  });
  beforeEach(() => {
    world.write("cluster/configuration-digest", /CONFIGURATION_DIGEST='?([0-9a-f]+)/.exec(lacking)?.[1]);
    for (const file of ["crt", "key"]) world.write(`${pki}/apiserver.${file}`, `former ${file}`);
  });

  test("is made again", async () => {
    const { status, stdout } = await update(lacking);
    expect([status, made()]).toEqual([0, ["new crt", "new key"]]);
    expect(stdout).toContain("created a new certificate for the API server");
    expect(world.list(pki).filter((name) => name.startsWith("former"))).toEqual([]);
  });

  test("is put back if kubeadm fails, and the next run makes it", async () => {
    world.order("kubeadm init phase certs", { status: 1, stderr: "no space left on device\n", times: 1 });
    const { status, stderr } = await update(lacking);
    expect([status, made()]).toEqual([64, ["former crt", "former key"]]);
    expect(stderr).toContain("the former one was put back");
    expect([(await update(lacking)).status, made()]).toEqual([0, ["new crt", "new key"]]);
  });

  test.each([
    ["the certificate was moved", { "former-apiserver/apiserver.crt": "former crt", "apiserver.key": "former key" }],
    [
      "kubeadm had written the key",
      {
        "former-apiserver/apiserver.crt": "former crt",
        "former-apiserver/apiserver.key": "former key",
        "apiserver.key": "incomplete",
      },
    ],
  ])(
    "is made by the next run if a run was interrupted when %s; if that fails, the former one is back",
    async (_, files) => {
      for (const file of ["crt", "key"]) world.delete(`${pki}/apiserver.${file}`);
      for (const [file, text] of Object.entries(files)) world.write(`${pki}/${file}`, text);
      world.order("kubeadm init phase certs", { status: 1, times: 1 });
      expect([(await update(lacking)).status, made()]).toEqual([64, ["former crt", "former key"]]);
      expect([(await update(lacking)).status, made()]).toEqual([0, ["new crt", "new key"]]);
    },
  );
});

test("a node with a newer version is refused: Kubernetes supports no downgrade", async () => {
  makeMaster(node, "v1.38.0");
  const { status, stderr, calls } = await update();
  expect([status, changes(calls)]).toEqual([64, []]);
  expect(stderr).toContain("runs Kubernetes v1.38.0, which is newer than v1.37.2");
});

describe("an upgrade", () => {
  let upgrade: string;
  beforeAll(async () => {
    upgrade = (await scriptTexts({ version: "v1.38.0" }))(`${node}-update`);
  });
  beforeEach(() => {
    world.write("cluster/configuration-digest", /CONFIGURATION_DIGEST='?([0-9a-f]+)/.exec(upgrade)?.[1]);
    world.order("apt-cache madison kubeadm", { stdout: " kubeadm | 1.38.0-1.1 | http://192.0.2.1 Packages\n" });
    world.order("systemctl -q is-active", { status: 0 });
  });

  test("saves etcd's data, drains the node, and runs kubeadm before kubelet is installed", async () => {
    world.order("get node k8s-master2 .*status.conditions", { stdout: "True v1.38.0" });
    const { status, stderr, calls } = await update(upgrade);
    expect([status, stderr]).toEqual([0, ""]);
    const done = calls.filter((call) =>
      /snapshot save|kubectl drain|kubeadm upgrade|install .*kube|restart kubelet|uncordon/.test(call),
    );
    expect(
      done.map((call) => call.replace(/.*(snapshot|drain|upgrade apply|kubeadm=|kubelet=|restart|uncordon).*/, "$1")),
    ).toEqual(["snapshot", "drain", "kubeadm=", "upgrade apply", "kubelet=", "restart", "uncordon"]);
  });

  test.each<[string, () => void, string]>([
    [
      "the disk is too full for a snapshot",
      () => world.write("bin/df", "#!/bin/bash\necho Avail\necho 1048576\n", 0o755),
      "has 1 MiB free, and a snapshot of etcd before the upgrade needs 512 MiB",
    ],
    [
      "etcd makes no snapshot",
      () => world.order("etcdctl snapshot save", { status: 1, stderr: "deadline exceeded\n" }),
      "etcd on k8s-master1 made no snapshot within 900 s",
    ],
  ])("changes no node if %s", async (_, prepare, message) => {
    prepare();
    const { status, stderr, calls } = await update(upgrade);
    expect([status, changes(calls).filter((call) => !call.includes("snapshot save"))]).toEqual([64, []]);
    expect(stderr).toContain(message);
    expect(world.list("hosts/k8s-master1/var/lib/etcd")).toEqual(["member"]);
  });

  test("returns the node to service when it is ready a second time: the new kubelet may restart the API server", async () => {
    world.order("get node k8s-master2 .*status.conditions", { stdout: "True v1.38.0" });
    const { status, calls } = await update(upgrade);
    expect(status).toBe(0);
    const ofApiServer = calls.slice(calls.lastIndexOf("k8s-master2: systemctl restart kubelet"));
    const ready = ofApiServer.filter((call) => call.includes("get --raw /readyz at https://192.0.2.12:6443"));
    expect(ready).toHaveLength(2);
  });

  test("that cannot drain the node changes nothing on it, and names pod and budget", async () => {
    const stderr =
      'error when evicting pods/"db-0" -n "shop": Cannot evict pod as it would violate the pod\'s disruption budget.\n';
    world.order("kubectl drain", { status: 1, stderr });
    world.order("get poddisruptionbudgets", { stdout: "db " });
    const result = await update(upgrade);
    expect(result.status).toBe(64);
    expect(result.stdout).toContain("pod shop/db-0 is kept by PodDisruptionBudget db");
    expect(result.calls.join("\n")).not.toContain("kubeadm upgrade");
    expect(changes(result.calls)).toContain(`k8s-master1: kubectl uncordon ${node}`);
  });
});
