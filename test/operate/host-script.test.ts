import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { shellAssignments } from "../../host/shell";
import { fact, readFacts } from "../../operate/facts";
import { variablesOf } from "../../operate/plan";
import { StandInHosts } from "../stand-ins/hosts";
import { hosts, plan } from "./views";

// Runs host.sh and files.sh with bash. A folder replaces the host.

const read = (file: string) => readFileSync(join(__dirname, "../../operate", file), "utf8");
const [master, loadBalancer, monitor] = ["k8s-master1", "haproxy-lb1", "monitor"].map((name) =>
  hosts.find((host) => host.name === name),
) as [(typeof hosts)[0], (typeof hosts)[0], (typeof hosts)[0]];

let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts({
    [master.name]: master.address,
    [loadBalancer.name]: loadBalancer.address,
    monitor: "192.0.2.3",
  });
});
afterEach(() => world.remove());

const at = (host: { name: string }, file: string) => `hosts/${host.name}/${file}`;
const tool = (name: string, script: string) => world.write(`bin/${name}`, `#!/bin/bash\n${script}\n`, 0o755);

async function output(
  host: typeof master,
  file = "host.sh",
  change = (text: string) => text,
  head = "",
): Promise<string> {
  const { stdout } = await world.run(`${head}${variablesOf(plan, host)}${change(read(file))}`, "create", host.name);
  return stdout.replaceAll(world.path(`hosts/${host.name}`), "");
}
const facts = async (host: typeof master, change?: (text: string) => string) =>
  readFacts(await output(host, "host.sh", change));

const pem = (label: string, text: string) => `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
const kubeconfig = (certificate: string, key: string) =>
  `    client-certificate-data: ${Buffer.from(certificate).toString("base64")}\n    client-key-data: ${Buffer.from(key).toString("base64")}\n`;

test.each([master, loadBalancer, monitor])(
  "a $role without tools and files reports its time and completes",
  async (host) => {
    const seen = await facts(host);
    expect([...seen.keys()]).toEqual(expect.arrayContaining(["time", "complete"]));
    expect(seen.has("late")).toBe(false);
    expect(fact(seen, "time")).toMatch(/^\d{10}$/);
    expect(fact(seen, "complete")).toBe("yes");
  },
);

test("of a file with a certificate and a private key, only the certificate is printed", async () => {
  const file = at(master, "var/lib/kubelet/pki/kubelet-client-current.pem");
  world.write(
    file,
    pem("CERTIFICATE", "Q0VSVA==\nAAAA") + pem("CERTIFICATE", "T1RIRVI=") + pem("PRIVATE KEY", "CANARY"),
  );
  world.write(at(master, "etc/kubernetes/pki/ca.crt"), pem("CERTIFICATE", "Q0E="));
  world.write(at(master, "etc/kubernetes/pki/ca.key"), pem("PRIVATE KEY", "CANARY"));
  world.write(
    at(master, "etc/kubernetes/admin.conf"),
    kubeconfig(pem("CERTIFICATE", "QURNSU4="), pem("PRIVATE KEY", "CANARY")),
  );
  const text = await output(master);
  expect(text).not.toMatch(/CANARY|Q0FOQVJZ/);
  expect(readFacts(text).get("certificate")).toEqual([
    "/etc/kubernetes/pki/ca.crt Q0E=",
    "/var/lib/kubelet/pki/kubelet-client-current.pem Q0VSVA==AAAA",
    "/etc/kubernetes/admin.conf QURNSU4=",
  ]);
});

test("no process has the administrator's key in its arguments", async () => {
  world.write(
    at(master, "etc/kubernetes/admin.conf"),
    kubeconfig(pem("CERTIFICATE", "QURNSU4="), pem("PRIVATE KEY", "CANARY")),
  );
  tool(
    "curl",
    'printf "curl %s\\n" "$*" >>"$WORLD/argv"; for word; do [[ $word != /dev/fd/* ]] || cat "$word" >>"$WORLD/keys"; done; printf "\\n200 0\\n"',
  );
  world.noteEveryProcess();
  await output(master);
  expect(world.read("keys")).toContain("CANARY");
  expect(world.read("argv")).toContain("/api/v1/nodes");
  expect(world.read("argv")).not.toMatch(/CANARY|Q0FOQVJZ/);
});

test("a response over TLS is one line with status, failure and body", async () => {
  tool(
    "curl",
    `[[ $* != *192.168.2.140* ]] || { printf 'down\\nfor\\nnow\\n503 0\\n'; exit; }; printf '\\n000 7\\n'; exit 7`,
  );
  const seen = await facts(master);
  expect(fact(seen, "endpoint-address")).toBe("unchecked 503 0 downfornow");
  expect(fact(seen, "endpoint-name")).toBe("unchecked 000 7");
  expect(fact(seen, "readyz")).toBe("000 7");
});

test("a node verifies the endpoint's certificate", async () => {
  world.write(at(master, "etc/kubernetes/pki/ca.crt"), "x");
  tool("curl", 'case $* in *--insecure*) printf "\\n200 0\\n" ;; *) printf "\\n000 60\\n" ;; esac');
  expect(fact(await facts(master), "endpoint-name")).toBe("checked 000 60");
  expect(fact(await facts(loadBalancer), "endpoint-name")).toBe("unchecked 200 0");
});

test("without curl, the request is sent by openssl", async () => {
  tool(
    "openssl",
    `[[ $* != *192.168.2.140* ]] || printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok'; cat >/dev/null`,
  );
  const seen = await facts(loadBalancer);
  expect(fact(seen, "endpoint-address")).toBe("unchecked 200 0 ok");
  expect(fact(seen, "endpoint-name")).toBe("unchecked 000 0");
});

test("each service is one line", async () => {
  world.order("systemctl show", {
    stdout:
      "NRestarts=3\nId=haproxy.service\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nActiveEnterTimestamp=@1795639200\n\n" +
      "Id=keepalived.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n",
  });
  expect((await facts(loadBalancer)).get("unit")).toEqual([
    "haproxy.service loaded active running enabled 3 @1795639200",
    "keepalived.service not-found inactive dead - 0",
  ]);
});

test("the backups of a master, and the copies on another host", async () => {
  const last = '{"format":1,"result":"ok"}';
  const folder = "var/lib/kube-control/backups";
  world.write(at(master, `${folder}/last.json`), last);
  world.write(at(master, `${folder}/k8s-master1-20261126T180000Z.tar.age`), "12345");
  world.write(at(master, `${folder}/.k8s-master1-20261126T190000Z.tar.age.part`), "123");
  world.write(at(master, "etc/systemd/system/kube-control-backup.timer"));
  world.order("systemctl show .*kube-control-backup", {
    stdout:
      "Result=exit-code\nId=kube-control-backup.service\nActiveState=failed\nUnitFileState=static\n\n" +
      "Id=kube-control-backup.timer\nActiveState=active\nUnitFileState=enabled\nResult=success\n",
  });
  const seen = await facts(master);
  expect(fact(seen, "backup-last")).toBe(last);
  expect(seen.get("backup-archive")).toEqual(["k8s-master1-20261126T180000Z.tar.age 5"]);
  expect([fact(seen, "backup-service"), fact(seen, "backup-timer")]).toEqual(["failed exit-code", "active enabled"]);

  world.write(at(monitor, `${folder}/k8s-master1/k8s-master1-20261126T180000Z.tar.age`), "12345");
  world.write(at(monitor, `${folder}/latest/k8s-master1.tar.age`), "12345");
  const there = await facts(monitor);
  expect(there.get("backup-copy")).toEqual(["k8s-master1 k8s-master1-20261126T180000Z.tar.age 5"]);
  // five masters with the largest `keep`
  for (let hour = 0; hour < 1000; hour++) {
    const stamp = new Date(Date.UTC(2026, 0, 1, hour)).toISOString().replace(/[-:]|\.\d+/g, "");
    world.write(at(monitor, `${folder}/k8s-master2/k8s-master2-${stamp}.tar.age`));
  }
  expect((await facts(monitor)).get("backup-copy")).toHaveLength(1001);
  expect(there.has("backup-archive") || there.has("backup-timer") || there.has("upload-timer")).toBe(false);
});

test("the uploads of the copies", async () => {
  const last = '{"format":1,"result":"failed"}';
  world.write(at(monitor, "var/lib/kube-control/backups/upload.json"), last);
  world.write(at(monitor, "etc/systemd/system/kube-control-backup-upload.timer"));
  world.order("systemctl show .*kube-control-backup-upload.service", {
    stdout:
      "Result=success\nId=kube-control-backup-upload.service\nActiveState=activating\nUnitFileState=static\n\n" +
      "Id=kube-control-backup-upload.timer\nActiveState=active\nUnitFileState=enabled\nResult=success\n",
  });
  const seen = await facts(monitor);
  expect(fact(seen, "upload-last")).toBe(last);
  expect([fact(seen, "upload-service"), fact(seen, "upload-timer")]).toEqual(["activating success", "active enabled"]);
  expect(seen.has("backup-timer")).toBe(false);
});

test("a hung reader is named and does not delay the others", async () => {
  tool("curl", "exec /bin/sleep 60");
  const begin = Date.now();
  const seen = await facts(master, (text) => text.replace("deadline=12", "deadline=0"));
  expect(Date.now() - begin).toBeLessThan(20_000);
  expect(seen.get("late")).toEqual(expect.arrayContaining(["endpoint_by_name", "nodes"]));
  expect(fact(seen, "complete")).toBe("yes");
});

test.each(["host.sh", "files.sh"])("%s writes nothing on the host", async (file) => {
  world.write(at(master, "etc/kubernetes/admin.conf"), "x");
  const files = () => readdirSync(world.path("hosts"), { recursive: true, encoding: "utf8" }).sort();
  const before = files();
  await output(master, file, undefined, "MARK=@m\n");
  expect(files()).toEqual(before);
  expect(world.list("tmp")).toEqual([]);
});

describe("the files for a bug report", () => {
  const secrets: Record<string, string> = {
    "etc/kubernetes/pki/ca.key": pem("RSA PRIVATE KEY", "CANARYca"),
    "etc/kubernetes/pki/encryption-at-rest.yaml": "secret: CANARYenc",
    "etc/kubernetes/admin.conf": "client-key-data: CANARYadm",
    "etc/kubernetes/manifests/kube-apiserver.yaml": "    - --token=CANARYtok\n    - --advertise-address=192.0.2.1\n",
    "etc/keepalived/keepalived.conf": '    auth_pass "CANARYvr"\n    virtual_router_id 33\n',
    "etc/containerd/config.toml": 'password = "CANARYpw"\nversion = 2\n',
  };

  test("contain no secret, and keep all other text", async () => {
    for (const [file, content] of Object.entries(secrets)) world.write(at(master, file), content);
    tool(
      "journalctl",
      `printf '%s\\n' 'kubelet[1]: Bearer CANARYbearer' 'kubelet[1]: joined with abcdef.0123456789abcdef' 'kubelet[1]: certificate-key ${"ab12".repeat(16)}' 'kubelet[1]: ready'`,
    );
    const text = await output(master, "files.sh", undefined, "MARK=@m\n");
    expect(text).not.toMatch(/CANARY|0123456789abcdef|ab12ab12/);
    for (const kept of ["virtual_router_id 33", "--advertise-address=192.0.2.1", "version = 2", "kubelet[1]: ready"]) {
      expect(text).toContain(kept);
    }
    expect(text).toMatch(/^@m end$/m);
  });

  test("do not contain files of keys, even if nothing in them is masked", async () => {
    for (const file of Object.keys(secrets)) world.write(at(master, file), "content-of-it");
    const text = await output(master, "files.sh", undefined, "MARK=@m\n");
    const parts = [...text.matchAll(/^@m (files\S+)$/gm)].map(([, name]) => name);
    expect(parts).toEqual([
      "files/etc/keepalived/keepalived.conf",
      "files/etc/kubernetes/manifests/kube-apiserver.yaml",
      "files/etc/containerd/config.toml",
    ]);
  });
});

test("the variables of a script are quoted", () => {
  expect(variablesOf({ ...plan, fqdn: "a'b" }, master)).toContain(shellAssignments({ FQDN: "a'b" }));
});
