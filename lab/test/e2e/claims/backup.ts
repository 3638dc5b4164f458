import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labFile, must, onHost, tryOnHost } from "../driver";
import { kubectl } from "../kubectl";

const master = "k8s-master1";
const fqdn = "kube-control.kacangisnuts.com";
const folder = "/var/lib/kube-control/backups";
/** In memory, for the decrypted archive. */
const opened = "/run/end-to-end-backup";

interface About {
  readonly format: number;
  readonly cluster: string;
  readonly node: string;
  readonly revision: number;
  readonly hash: number;
  readonly sizes: Readonly<Record<string, number>>;
}

const identity = () => (JSON.parse(labFile("secrets.json")) as { ageIdentity: string }).ageIdentity;

/** The copy of the archive on this machine, and the UID of an object in it. */
let copy = "";
let uid = "";
const uidOf = async (name: string) =>
  (await kubectl(["get", "configmap", name, "--ignore-not-found", "-o", "jsonpath={.metadata.uid}"])).trim();

/** Makes one archive on a master, and checks what it contains. */
export function backup(): void {
  describe("a backup", () => {
    let archive = "";

    afterAll(() => onHost(master, `rm -rf ${opened}`));

    test("is made on demand, and a copy of the archive is on the monitor", async () => {
      await kubectl(["create", "configmap", "before-archive"]);
      uid = await uidOf("before-archive");
      await onHost(master, "systemctl start kube-control-backup.service");
      await kubectl(["create", "configmap", "after-archive"]);
      const last = JSON.parse(await onHost(master, `cat ${folder}/last.json`)) as Record<string, unknown>;
      expect(last).toMatchObject({ result: "ok", copied: true, message: "" });
      archive = String(last["archive"]);
      const sum = (path: string) => `sha256sum <${path}`;
      const own = await onHost(master, sum(`${folder}/${archive}`));
      expect(await onHost("monitor", sum(`${folder}/${master}/${archive}`))).toBe(own);
      expect(await onHost("monitor", sum(`${folder}/latest/${master}.tar.age`))).toBe(own);
      copy = await onHost("monitor", `base64 -w 0 ${folder}/latest/${master}.tar.age`);
    });

    test("has no secret in plain text", async () => {
      // the second line of each key: of the authority, of the service accounts, and with the encryption's secret
      const lines = `{ for f in ca.key sa.key etcd/ca.key; do sed -n 2p /etc/kubernetes/pki/$f; done; awk '$1 == "secret:" { print $2 }' /etc/kubernetes/pki/encryption-at-rest.yaml; }`;
      expect((await onHost(master, `${lines} | wc -l`)).trim()).toBe("4");
      expect((await tryOnHost(master, `${lines} | grep -acFf - ${folder}/${archive}`)).stdout.trim()).toBe("0");
      expect((await onHost(master, `ls -A /var/lib/etcd`)).trim()).toBe("member");
    });

    test("is decrypted with the identity, and has the cluster's keys and a valid snapshot", async () => {
      // on standard input: every user can read a command line
      await onHost(
        master,
        `umask 077; mkdir ${opened}; age -d -i - ${folder}/${archive} | tar -x -C ${opened}`,
        `${identity()}\n`,
      );
      for (const file of ["ca.key", "sa.key", "front-proxy-ca.key", "etcd/ca.key", "encryption-at-rest.yaml"]) {
        await onHost(master, `cmp ${opened}/pki/${file} /etc/kubernetes/pki/${file}`);
      }
      const about = JSON.parse(await onHost(master, `cat ${opened}/about.json`)) as About;
      expect(about).toMatchObject({ format: 1, cluster: `${fqdn}:6443`, node: master });
      const etcdutl = '"/proc/$(pgrep -xo etcd)/root/usr/local/bin/etcdutl"';
      const status = await onHost(master, `${etcdutl} snapshot status ${opened}/etcd.db -w json`);
      expect(JSON.parse(status)).toMatchObject({ revision: about.revision, hash: about.hash });
      expect((await onHost(master, `stat -c %s ${opened}/etcd.db`)).trim()).toBe(String(about.sizes["etcd.db"]));
      expect(await onHost(master, `cat ${opened}/kubeadm.yaml`)).toMatch(/^kind: ClusterConfiguration$/m);
    });

    test("a master's key opens no shell on the monitor", async () => {
      const options = "-o BatchMode=yes -o UserKnownHostsFile=/var/lib/kube-control/backup-known-hosts";
      const address = await onHost(master, "cut -d ' ' -f 1 /var/lib/kube-control/backup-known-hosts");
      const line = `ssh -F none -i /var/lib/kube-control/backup-key ${options} kube-control-backup@${address.trim()} id`;
      const { code, stdout, stderr } = await tryOnHost(master, line);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain("the command is neither list nor put NAME BYTES");
    });
  });
}

/** Restores the archive of {@link backup} on the hosts of a destroyed stack: the first master gets its files. */
export async function restoreArchive(): Promise<void> {
  const own = mkdtempSync(join(tmpdir(), "kube-control-end-to-end-"));
  try {
    writeFileSync(join(own, "archive"), Buffer.from(copy, "base64"));
    writeFileSync(join(own, "identity"), `${identity()}\n`, { mode: 0o600 });
    const options = ["--archive", join(own, "archive"), "--identity", join(own, "identity"), "--confirm", fqdn];
    await must("npm", ["run", "--silent", "restore", "--", ...options], { seconds: 300 });
  } finally {
    rmSync(own, { recursive: true });
  }
}

/** Expects that the cluster is that of the archive. */
export async function expectRestored(): Promise<void> {
  expect([uid, await uidOf("after-archive")]).toEqual([expect.stringMatching(/^[\w-]{36}$/), ""]);
  expect(await uidOf("before-archive")).toBe(uid);
}
