import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../../settings/stack";

// Archives as backup.sh writes them, encrypted by the real age.

/** A snapshot ends with the SHA-256 of the database. */
const snapshotOf = (data: string) => Buffer.concat([Buffer.from(data), createHash("sha256").update(data).digest()]);

/** The files of an archive, without about.json. */
export function archiveFiles(): Record<string, Buffer> {
  const pki = ["ca", "front-proxy-ca", "etcd/ca"].flatMap((name) => [`pki/${name}.crt`, `pki/${name}.key`]);
  const names = [
    ...pki,
    "pki/sa.key",
    "pki/sa.pub",
    "pki/encryption-at-rest.yaml",
    "kube-control/audit-policy-12345678.yaml",
  ];
  return {
    "kubeadm.yaml": Buffer.from("kind: ClusterConfiguration\n"),
    ...Object.fromEntries(names.map((name) => [name, Buffer.from(`CANARY ${name}\n`)])),
    // several blocks of a tar archive, and of age
    "etcd.db": snapshotOf("data of etcd ".repeat(20_000)),
  };
}

/** The content of about.json for these files. */
export const aboutOf = (files: Readonly<Record<string, Buffer>>, changes: object = {}) => ({
  ...{ format: 1, cluster: "kube-control.example.com:6443", node: "k8s-master1", kubernetes: "v1.37.2" },
  ...{ etcdImage: "registry.k8s.io/etcd:3.7.0-0", time: "2026-11-27T06:30:00Z", revision: 77, hash: 1234 },
  sizes: Object.fromEntries(Object.entries(files).map(([name, content]) => [name, content.length])),
  ...changes,
});

/** A tar archive with about.json first. */
export function tarOf(about: object | string, files: Readonly<Record<string, Buffer>>): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "kube-control-archive-"));
  const text = typeof about === "string" ? about : JSON.stringify(about);
  for (const [name, content] of Object.entries({ ...files, "about.json": Buffer.from(text) })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const tops = ["kubeadm.yaml", "pki", "kube-control", "etcd.db"].filter((top) =>
    Object.keys(files).some((name) => name.startsWith(top)),
  );
  const { stdout, stderr, status } = spawnSync("tar", ["--create", "--directory", folder, "about.json", ...tops], {
    maxBuffer: 1e8,
  });
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

/** Runs a program that uses age, whose package is an ES module. */
function withAge(code: string, input: Buffer, ...args: readonly string[]): Buffer {
  const program = `
    import { generateX25519Identity, identityToRecipient, Encrypter } from "age-encryption";
    import { readFileSync } from "node:fs";
    const [argument] = process.argv.slice(1);
    const input = readFileSync(0);
    ${code}`;
  const options = { cwd: root, input, maxBuffer: 1e8 };
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", program, "--", ...args],
    options,
  );
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

export const newIdentity = () =>
  withAge("process.stdout.write(await generateX25519Identity());", Buffer.alloc(0)).toString().trim();

export const encryptedFor = (identity: string, plain: Buffer) =>
  withAge(
    `const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(argument));
    process.stdout.write(await encrypter.encrypt(input));`,
    plain,
    identity,
  );
