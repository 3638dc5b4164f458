import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { programs } from "../../../components/cluster-backup/scripts";

// The programs of a backup, run by bash in folders that replace the hosts: a master, and the host of the copies. Fakes replace etcd,
// containerd, the API server, ssh and age. The fake ssh runs the receiving program. The fake age writes a header and the plain text
// in base64, so that a test can read an archive, and can tell it from plain text.

export const node = "k8s-master1";
export const cluster = "kube-control.example.com:6443";
export const recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

const etcd = `
  case $* in
    *"etcdctl "*" snapshot save "*) [[ ! -e $ROOT/no-snapshot ]] || exit 1
      printf 'SNAPSHOT-CANARY of etcd' >"\${!#}"
      # the keys are changed while the first snapshot is made
      ! rm "$ROOT/keys-change" 2>/dev/null || echo 'new key' >"$ROOT/etc/kubernetes/pki/encryption-at-rest.yaml" ;;
    *"etcdutl snapshot status "*) [[ ! -e $ROOT/damaged ]] && echo '{"hash":1234,"revision":77,"totalKey":9,"totalSize":22}' ;;
    *" endpoint status "*) cat "$ROOT/status" 2>/dev/null || echo '[{"Status":{"dbSize":1000,"dbSizeInUse":900}}]' ;;
    *" endpoint health "*) [[ ! -e $ROOT/unhealthy ]] ;;
    *" alarm list") [[ ! -e $ROOT/no-alarm-list ]] || exit 1; cat "$ROOT/alarms" 2>/dev/null || true ;;
  esac`;

const tools: Readonly<Record<string, string>> = {
  ctr: `
    shift 2
    case $* in
      "containers list"*) [[ -e $ROOT/no-etcd ]] || printf 'old\\nrunning\\n' ;;
      "tasks list") printf 'TASK PID STATUS\\nold 1 STOPPED\\nother 2 RUNNING\\nrunning 3 RUNNING\\n' ;;
      "tasks exec --exec-id "*)
        [[ $5 == running ]] || { echo "no running container: $5" >&2; exit 1; }
        echo "\${*:6}" >>"$ROOT/calls"
        ${etcd}
        ;;
    esac`,
  kubectl: `echo "kubectl $*" >>"$ROOT/calls"
    [[ ! -e $ROOT/no-api ]] || exit 1
    case $* in
      *" get nodes "*) cat "$ROOT/maintenance" 2>/dev/null || true ;;
      *) printf 'apiVersion: kubeadm.k8s.io/v1beta4\\nkind: ClusterConfiguration\\n' ;;
    esac`,
  // the other host's shell runs the forced command, whatever the client asks for
  ssh: `echo "ssh $*" >>"$ROOT/calls"
    [[ ! -e $ROOT/no-copies ]] || { echo 'ssh: connect to host 192.0.2.60 port 22: No route to host' >&2; exit 255; }
    [[ ! -e $ROOT/broken-pipe ]] || exec < <(head -c 10)
    SSH_ORIGINAL_COMMAND=\${!#} exec bash "$COPIES/receive" ${node} \${KEEP:-3}`,
  age: `[[ ! -e $ROOT/no-age ]] || exit 1
    # the keys are changed after the snapshot
    ! rm "$ROOT/keys-change-late" 2>/dev/null || echo 'new key' >"$ROOT/etc/kubernetes/pki/encryption-at-rest.yaml"
    while [[ -e $ROOT/slow-age ]]; do sleep 0.1; done
    printf 'age-encryption.org/v1\\n-> X25519 %s\\n' "$*"; base64`,
  df: `[[ -e $ROOT/full ]] && free=1000 || free=99000000000
    case $* in *size,avail*) echo "Size Avail"; echo "100000000000 $free" ;; *) echo Avail; echo "$free" ;; esac`,
};

/** A master and the host of the copies. `remove` deletes them. */
export class Masters {
  private readonly world = mkdtempSync(join(tmpdir(), "kube-control-backup-"));
  readonly root = join(this.world, "master");
  readonly copiesRoot = join(this.world, "copies");
  readonly copies = join(this.copiesRoot, "var/lib/kube-control/backups", node);

  constructor() {
    for (const folder of ["run", "var/lib/kube-control", "var/lib/etcd"]) {
      mkdirSync(join(this.root, folder), { recursive: true });
    }
    for (const folder of [this.copies, join(this.copiesRoot, "var/lib/kube-control/backups/latest")]) {
      mkdirSync(folder, { recursive: true });
    }
    for (const [name, body] of Object.entries(tools)) this.program(`bin/${name}`, body);
    for (const file of ["ca.crt", "ca.key", "sa.pub", "sa.key", "front-proxy-ca.crt", "front-proxy-ca.key"]) {
      this.write(`etc/kubernetes/pki/${file}`, `CANARY ${file}\n`);
    }
    for (const file of ["etcd/ca.crt", "etcd/ca.key", "encryption-at-rest.yaml", "apiserver.key"]) {
      this.write(`etc/kubernetes/pki/${file}`, `CANARY ${file}\n`);
    }
    this.write("etc/kubernetes/kube-control/audit-policy-12345678.yaml", "kind: Policy\n");
    this.write(
      "etc/kubernetes/manifests/kube-apiserver.yaml",
      "    - --advertise-address=192.0.2.11\n    - --secure-port=6443\n    image: registry.k8s.io/kube-apiserver:v1.37.2\n",
    );
    this.write("etc/kubernetes/manifests/etcd.yaml", "    image: registry.k8s.io/etcd:3.7.0-0\n");
    this.write("var/lib/etcd/member/snap/db", "database");
    writeFileSync(join(this.copiesRoot, "receive"), inRoot(programs.receive, this.copiesRoot));
  }

  program(path: string, body: string): void {
    this.write(path, `#!/bin/bash\n${body}\n`);
    chmodSync(join(this.root, path), 0o755);
  }
  write(path: string, text = ""): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  remove(path?: string): void {
    rmSync(path === undefined ? this.world : join(this.root, path), { recursive: true });
  }
  exists(path: string): boolean {
    return existsSync(join(this.root, path));
  }
  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }
  /** The calls of the fakes in the last run. */
  calls(): string[] {
    return this.exists("calls") ? this.read("calls").trim().split("\n") : [];
  }

  archives(): string[] {
    const folder = join(this.root, "var/lib/kube-control/backups");
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".age")).sort() : []; // prettier-ignore
  }
  copied(): string[] {
    return readdirSync(this.copies).filter((name) => name.endsWith(".age")).sort(); // prettier-ignore
  }
  lastResult(): Record<string, unknown> {
    return JSON.parse(this.read("var/lib/kube-control/backups/last.json")) as Record<string, unknown>;
  }

  /** Runs the backup once. `keep` archives stay on either host. */
  async backUp(keep = 3) {
    rmSync(join(this.root, "calls"), { force: true });
    const args = [node, cluster, String(keep), "kube-control-backup@192.0.2.60", "22", recipient];
    const environment = { ROOT: this.root, COPIES: this.copiesRoot, KEEP: String(keep) };
    return await bash(inRoot(programs.backup, this.root), args, environment, join(this.root, "bin"));
  }

  /** Runs the receiving program as sshd does for a client's command. */
  receive(command: string, input: string | Buffer = "", keep = 3) {
    const program = readFileSync(join(this.copiesRoot, "receive"), "utf8");
    const environment = { SSH_ORIGINAL_COMMAND: command, ROOT: this.root };
    return bash(program, [node, String(keep)], environment, join(this.root, "bin"), input);
  }
}

/** The text with a host's folder in place of its root. */
export const inRoot = (text: string, root: string) =>
  text.replaceAll(/(?<![\w.])\/(etc\/kubernetes|var\/lib|run)\b/g, `${root}/$1`);

/** Runs a program with bash. The tools in the folder come before those of this machine. */
export async function bash(
  text: string,
  args: readonly string[],
  environment: object,
  tools: string,
  input: string | Buffer = "",
) {
  const child = spawn("bash", ["-c", text, "program", ...args], {
    env: { ...process.env, ...environment, PATH: `${tools}:${process.env["PATH"]}` },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  child.stdin.on("error", () => undefined).end(input);
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, stdout, stderr };
}
