import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificateProgram } from "../../../components/control-plane/certificates";

// The real program, run by bash with the real openssl. kubectl, kubeadm, pgrep and ps are fakes. kubeadm renews by copying a prepared
// certificate.

const nodes = [
  { name: "k8s-master1", address: "192.0.2.11" },
  { name: "k8s-worker1", address: "192.0.2.21" },
];

let folder: string;
const path = (...names: string[]) => join(folder, ...names);
const calls = () => (existsSync(path("calls")) ? readFileSync(path("calls"), "utf8").trim().split("\n") : []);
const openssl = (...args: string[]) =>
  execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] }).toString();

/** A certificate that is valid for some minutes, in PEM. */
function certificate(minutes: number): string {
  const end = new Date(Date.now() + minutes * 60_000)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, "")
    .replace(/Z*$/, "Z");
  const begin = new Date(Date.now() - 3600_000)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, "")
    .replace(/Z*$/, "Z");
  openssl("req", "-new", "-key", "key.pem", "-subj", "/CN=x", "-out", "one.csr");
  writeFileSync(
    path("ca.cnf"),
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${path("index")}\nserial=${path("serial")}\nnew_certs_dir=${folder}\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n`,
  );
  writeFileSync(path("index"), "");
  writeFileSync(path("serial"), "01\n");
  openssl(
    "ca",
    "-batch",
    "-selfsign",
    "-config",
    "ca.cnf",
    "-keyfile",
    "key.pem",
    "-startdate",
    begin,
    "-enddate",
    end,
    "-in",
    "one.csr",
    "-out",
    "one.pem",
    "-notext",
  );
  return readFileSync(path("one.pem"), "utf8");
}

const kubeconfigWith = (pem: string) =>
  `users:\n- user:\n    client-certificate-data: ${Buffer.from(pem).toString("base64")}\n`;

let key: string;
beforeAll(() => {
  key = execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout"]).toString();
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-certificates-"));
  for (const one of ["bin", "kubernetes/pki/etcd", "renewed", "run"]) mkdirSync(path(one), { recursive: true });
  writeFileSync(path("key.pem"), key);
  const tools = {
    kubeadm: `echo "kubeadm $*" >>'${path("calls")}'; [[ ! -e '${path("refuses")}' ]] || { echo 'cannot load the CA'; exit 1; }
      cp -r '${path("renewed")}/.' '${path("kubernetes")}/'`,
    kubectl: `echo "kubectl $*" >>'${path("calls")}'; [[ $* != *' get '* ]] || cat '${path("requests")}'`,
    pgrep: `[[ $2 == kube-scheduler ]] && cat '${path("pid")}' 2>/dev/null`,
    ps: `cat '${path("age")}'`,
  };
  for (const [name, body] of Object.entries(tools)) {
    writeFileSync(path("bin", name), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
  }
  writeFileSync(path("requests"), "");
  writeFileSync(path("program"), certificateProgram(nodes, "30m"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]) {
  const env = {
    PATH: `${path("bin")}:${process.env["PATH"]}`,
    KUBE_CONTROL_KUBERNETES: path("kubernetes"),
    KUBE_CONTROL_RUN: path("run"),
  };
  const { status, stdout, stderr } = spawnSync("bash", [path("program"), ...args], { env, encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("renew", () => {
  test("renews what has less than a third of its validity left, and nothing else", () => {
    writeFileSync(path("kubernetes/admin.conf"), kubeconfigWith(certificate(9)));
    writeFileSync(path("kubernetes/pki/apiserver.crt"), certificate(11));
    writeFileSync(path("kubernetes/pki/etcd/server.crt"), certificate(-5));
    mkdirSync(path("renewed/pki/etcd"), { recursive: true });
    writeFileSync(path("renewed/admin.conf"), kubeconfigWith(certificate(30)));
    writeFileSync(path("renewed/pki/etcd/server.crt"), certificate(30));
    // the fake renews all of them at its first call: the second certificate must be read after that
    expect(run("renew")).toEqual({ status: 0, stdout: "renewed admin.conf\n", stderr: "" });
    expect(calls()).toEqual(["kubeadm certs renew admin.conf"]);
    expect(run("renew")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("fails with kubeadm's words, and tries the other certificates", () => {
    writeFileSync(path("kubernetes/admin.conf"), kubeconfigWith(certificate(1)));
    writeFileSync(path("kubernetes/pki/apiserver.crt"), certificate(1));
    writeFileSync(path("refuses"), "");
    const { status, stderr } = run("renew");
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining("kubeadm did not renew admin.conf: cannot load the CA"),
    ]);
    expect(calls()).toEqual(["kubeadm certs renew admin.conf", "kubeadm certs renew apiserver"]);
  });

  test("fails if a renewed certificate still ends too early", () => {
    writeFileSync(path("kubernetes/pki/apiserver.crt"), certificate(5));
    const { status, stderr } = run("renew");
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining("kubeadm renewed apiserver, but it still expires in less than 600 s"),
    ]);
  });

  test("an empty file is renewed, as after a full disk", () => {
    writeFileSync(path("kubernetes/pki/apiserver.crt"), "");
    mkdirSync(path("renewed/pki"), { recursive: true });
    writeFileSync(path("renewed/pki/apiserver.crt"), certificate(30));
    expect(run("renew")).toMatchObject({ status: 0, stdout: "renewed apiserver\n" });
  });

  test.each([
    ["started before its kubeconfig was renewed is restarted", 100, true],
    ["started afterwards keeps running", 10, false],
  ])("a component that %s", async (_, age, isRestarted) => {
    const scheduler = spawn("sleep", ["60"]);
    const ended = new Promise((resolve) => scheduler.on("exit", (_code, signal) => resolve(signal)));
    writeFileSync(path("pid"), `${scheduler.pid}\n`);
    writeFileSync(path("age"), `${age}\n`);
    writeFileSync(path("kubernetes/scheduler.conf"), kubeconfigWith(certificate(20)));
    const written = Date.now() / 1000 - 50;
    utimesSync(path("kubernetes/scheduler.conf"), written, written);
    const { stdout } = run("renew");
    scheduler.kill("SIGKILL");
    expect([stdout.includes("restarted kube-scheduler"), await ended]).toEqual(
      isRestarted ? [true, "SIGTERM"] : [false, "SIGKILL"],
    );
  });

  test("a component whose kubeconfig has a time of a clock that was ahead keeps running", () => {
    const scheduler = spawn("sleep", ["60"]);
    writeFileSync(path("pid"), `${scheduler.pid}\n`);
    writeFileSync(path("age"), "100\n");
    writeFileSync(path("kubernetes/scheduler.conf"), kubeconfigWith(certificate(20)));
    const later = Date.now() / 1000 + 7200;
    utimesSync(path("kubernetes/scheduler.conf"), later, later);
    expect(run("renew")).toEqual({ status: 0, stdout: "", stderr: "" });
    scheduler.kill("SIGKILL");
  });

  test("renews nothing on a full disk, because kubeadm empties a file before it writes it", () => {
    writeFileSync(path("kubernetes/pki/apiserver.crt"), certificate(1));
    writeFileSync(path("bin/df"), "#!/bin/bash\necho Avail\necho 3\n", { mode: 0o755 });
    const { status, stderr } = run("renew");
    expect([status, calls()]).toEqual([1, []]);
    expect(stderr).toContain("has 3 MiB free, so no certificate is renewed: free some space");
  });

  test("does nothing while a step of kube-control changes this master", () => {
    writeFileSync(path("kubernetes/pki/apiserver.crt"), certificate(1));
    mkdirSync(path("run/kube-control"));
    const held = spawnSync("flock", [path("run/kube-control/lock"), "bash", path("program"), "renew"], {
      env: {
        PATH: `${path("bin")}:${process.env["PATH"]}`,
        KUBE_CONTROL_KUBERNETES: path("kubernetes"),
        KUBE_CONTROL_RUN: path("run"),
      },
      encoding: "utf8",
    });
    expect([held.status, held.stdout, calls()]).toEqual([0, "", []]);
    expect(statSync(path("run/kube-control")).isDirectory()).toBe(true);
  });
});

describe("approve", () => {
  interface Asked {
    readonly name?: string;
    readonly signer?: string;
    readonly user?: string;
    readonly usages?: string[];
    readonly conditions?: string;
    readonly subject?: string;
    readonly names?: string;
    /** Lines of OpenSSL's configuration of a request, in place of `names`. */
    readonly configuration?: string;
    /** Text around the PEM. */
    readonly around?: readonly [string, string];
  }

  /** A line of kubectl's output for a request. By default it is one of k8s-worker1 that must be approved. */
  function request({
    name = "csr-abcde",
    signer = "kubernetes.io/kubelet-serving",
    user = "system:node:k8s-worker1",
    usages = ["digital signature", "server auth"],
    conditions = "",
    subject = "/O=system:nodes/CN=system:node:k8s-worker1",
    names = "DNS:k8s-worker1,IP:192.0.2.21",
    configuration,
    around: [before, after] = ["", ""],
  }: Asked = {}): string {
    if (configuration !== undefined) {
      writeFileSync(path("req.cnf"), `[req]\nprompt=no\ndistinguished_name=dn\n${configuration}\n`);
    }
    const extension = names === "" ? [] : ["-addext", `subjectAltName=${names}`];
    const rest = configuration === undefined ? extension : ["-config", "req.cnf"];
    const pem = openssl("req", "-new", "-key", "key.pem", "-subj", subject, ...rest);
    const encoded = Buffer.from(`${before}${pem}${after}`).toString("base64");
    return `${[name, signer, user, JSON.stringify(usages), conditions, encoded].join("|")}\n`;
  }
  const approved = () => calls().filter((call) => call.includes("certificate approve"));

  test("approves the request of a node for its own name and address, through the given API server", () => {
    writeFileSync(path("requests"), request());
    expect(run("approve", "https://192.0.2.11:6443")).toEqual({
      status: 0,
      stdout: "approved the serving certificate of k8s-worker1\n",
      stderr: "",
    });
    expect(approved()).toEqual([
      "kubectl --server=https://192.0.2.11:6443 --request-timeout=10s certificate approve csr-abcde",
    ]);
  });

  const ofNode = "subjectAltName=@names\n[names]\nDNS.1=k8s-worker1\nIP.1=192.0.2.21";
  const hidden = "X509v3 Subject Alternative Name:\\n IP Address:192.0.2.21, DNS:k8s-worker1";

  test.each<[string, Asked]>([
    ["the address, then the name", { names: "IP:192.0.2.21,DNS:k8s-worker1" }],
    ["the address only", { names: "IP:192.0.2.21" }],
    [
      "a configuration file, as the hostile ones below",
      { configuration: `req_extensions=e\n[dn]\nO=x\n[e]\n${ofNode}` },
    ],
  ])("approves a request with %s", (_, asked) => {
    writeFileSync(path("requests"), request(asked));
    expect([run("approve").status, approved().length]).toEqual([0, 1]);
  });

  test.each<[string, Asked]>([
    [
      "names of the control plane after an attribute that looks like the right names",
      {
        configuration: `attributes=a\nreq_extensions=e\n[dn]\nO=x\n[a]\nchallengePassword=x\\n ${hidden}\\n\n[e]\nsubjectAltName=@names\n[names]\nDNS.1=kubernetes.default.svc\nIP.1=192.0.2.11`,
      },
    ],
    [
      "a line feed in a name, and names of the control plane after it",
      {
        configuration: `req_extensions=e\n[dn]\nO=x\n[e]\nsubjectAltName=@names\n[names]\nIP.1=192.0.2.21\nDNS.1=k8s-worker1\\n\nDNS.2=kubernetes.default.svc\nIP.2=192.0.2.11`,
      },
    ],
    ["a further extension", { configuration: `req_extensions=e\n[dn]\nO=x\n[e]\nbasicConstraints=CA:true\n${ofNode}` }],
    ["a text before it, which another reader may take for the request", { around: ["-----BEGIN X-----\n", ""] }],
    ["a text after it", { around: ["", "x\n"] }],
    ["another node's name", { names: "DNS:k8s-master1,IP:192.0.2.21" }],
    ["another address", { names: "DNS:k8s-worker1,IP:192.0.2.11" }],
    ["a further name", { names: "DNS:k8s-worker1,DNS:kube-control.example.com,IP:192.0.2.21" }],
    ["no address", { names: "DNS:k8s-worker1" }],
    ["no names", { names: "" }],
    [
      "a node that is not of the stack",
      { user: "system:node:k8s-worker9", subject: "/O=system:nodes/CN=system:node:k8s-worker9" },
    ],
    ["another user", { user: "alice" }],
    ["another node's subject", { subject: "/O=system:nodes/CN=system:node:k8s-master1" }],
    ["a further organisation", { subject: "/O=system:masters/O=system:nodes/CN=system:node:k8s-worker1" }],
    ["the usage of a client", { usages: ["digital signature", "client auth", "server auth"] }],
    ["no usage of a server", { usages: ["digital signature"] }],
  ])("does not approve a request with %s, and says so", (_, asked) => {
    writeFileSync(path("requests"), request(asked));
    const { status, stderr } = run("approve");
    expect([status, stderr, approved()]).toEqual([0, expect.stringContaining("the request csr-abcde of"), []]);
  });

  test.each<[string, Asked]>([
    ["that is approved already", { conditions: "Approved" }],
    ["that was denied", { conditions: "Denied" }],
    ["for another signer", { signer: "kubernetes.io/kube-apiserver-client-kubelet" }],
  ])("ignores a request %s", (_, asked) => {
    writeFileSync(path("requests"), request(asked));
    expect(run("approve")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(approved()).toEqual([]);
  });

  test("approves the valid request among invalid ones; a text in a request is not evaluated", () => {
    const hostile = `x$(touch ${path("evaluated")})|kubernetes.io/kubelet-serving|system:node:$(touch ${path("evaluated")})|[]||!!\n`;
    writeFileSync(path("requests"), `${hostile}garbage\n${request({ name: "csr-2" })}`);
    expect(run("approve").status).toBe(0);
    expect([approved().length, existsSync(path("evaluated"))]).toEqual([1, false]);
  });
});
