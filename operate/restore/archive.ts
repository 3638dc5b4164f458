import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { z } from "zod";
import { Refusal } from "./refusal";
import { type TarEntry, tarEntries } from "./tar";

/** What an archive says about itself, as backup.sh writes it. */
const aboutSchema = z.object({
  format: z.literal(1),
  /** `FQDN:PORT`. */
  cluster: z.string(),
  /** The master that made it. */
  node: z.string(),
  /** Version of Kubernetes, e.g. `v1.37.2`. */
  kubernetes: z.string(),
  /** When the snapshot was made, UTC. */
  time: z.iso.datetime(),
  /** etcd's revision. */
  revision: z.number(),
  hash: z.number(),
  /** Bytes, by name. */
  sizes: z.record(z.string(), z.number()),
});
export type About = z.infer<typeof aboutSchema>;

/** The stack's values that an archive must fit. */
export interface Expected {
  /** `FQDN:PORT`. */
  readonly cluster: string;
  readonly kubernetes: string;
  readonly encryptionAtRest: boolean;
}

/** The files without which the cluster cannot be built. */
const needed = ["ca", "front-proxy-ca", "etcd/ca"]
  .flatMap((name) => [`pki/${name}.crt`, `pki/${name}.key`])
  .concat("pki/sa.key", "pki/sa.pub", "kubeadm.yaml", "etcd.db");
const encryptionFile = "pki/encryption-at-rest.yaml";

/**
 * Decrypts an archive. The plain text is in memory only, in portions.
 *
 * @throws Refusal if a file cannot be read, or if the identity does not decrypt it
 */
export async function decrypted(archive: string, identityFile: string): Promise<Readable> {
  for (const [option, path] of [
    ["--archive", archive],
    ["--identity", identityFile],
  ] as const) {
    if (!existsSync(path)) throw new Refusal(`${option}: ${path} does not exist.`);
  }
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  try {
    for (const identity of identitiesIn(identityFile)) decrypter.addIdentity(identity);
    const plain = await decrypter.decrypt(
      Readable.toWeb(createReadStream(archive)) as globalThis.ReadableStream<Uint8Array>,
    );
    return Readable.fromWeb(plain as ReadableStream);
  } catch (error) {
    throw new Refusal(`${archive} cannot be decrypted with ${identityFile}: ${(error as Error).message}.`);
  }
}

function identitiesIn(path: string): string[] {
  const lines = readFileSync(path, "utf8").split("\n").map((line) => line.trim()); // prettier-ignore
  const identities = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (identities.length === 0) throw new Error("it contains no identity");
  return identities;
}

/**
 * Reads a decrypted archive to its end: it must be complete and undamaged, and fit the stack.
 *
 * @throws Refusal with what to do
 */
export async function checkedArchive(name: string, plain: Readable, expected: Expected): Promise<About> {
  const refuse = (what: string) => new Refusal(`${name}: ${what}.`);
  let about: About | undefined;
  const seen = new Map<string, number>();
  try {
    for await (const entry of tarEntries(plain)) {
      if (!entry.isFile) continue;
      if (about === undefined) {
        if (entry.name !== "about.json")
          throw refuse("is not an archive of kube-control: it does not begin with about.json");
        about = aboutOf(name, await textOf(entry), expected);
        continue;
      }
      if (!Object.hasOwn(about.sizes, entry.name))
        throw refuse(`contains ${entry.name}, which about.json does not list`);
      seen.set(entry.name, entry.size);
      if (entry.name === "etcd.db" && !(await hasItsChecksum(entry)))
        throw refuse("its snapshot of etcd is damaged: use another archive");
    }
  } catch (error) {
    throw error instanceof Refusal ? error : refuse(`cannot be read: ${(error as Error).message}; use another archive`);
  } finally {
    plain.destroy();
  }
  if (about === undefined) throw refuse("is empty");
  const { sizes } = about;
  const wrong = [...new Set([...Object.keys(sizes), ...needed])].filter(
    (file) => seen.get(file) === undefined || seen.get(file) !== sizes[file],
  );
  if (wrong.length > 0) throw refuse(`is incomplete: ${wrong.join(", ")}; use another archive`);
  if (encryptionFile in sizes && !expected.encryptionAtRest) {
    throw refuse("its Secrets are encrypted, and the stack has kubernetes.encryptionAtRest: false; set it to true");
  }
  return about;
}

function aboutOf(name: string, text: string, { cluster, kubernetes }: Expected): About {
  const parsed = aboutSchema.safeParse(jsonOf(text));
  if (!parsed.success) {
    const { format } = (jsonOf(text) ?? {}) as { format?: unknown };
    throw new Refusal(
      typeof format === "number" && format !== 1
        ? `${name}: has the format ${format}, and this version of kube-control reads the format 1. Use the version that made it.`
        : `${name}: its about.json is not valid. Use another archive.`,
    );
  }
  const about = parsed.data;
  if (about.cluster !== cluster) {
    throw new Refusal(
      `${name}: is of the cluster ${about.cluster}, and the stack is ${cluster}. Use an archive of this cluster, or choose another stack (--stack).`,
    );
  }
  if (about.kubernetes !== kubernetes) {
    throw new Refusal(
      `${name}: has Kubernetes ${about.kubernetes}, and the stack has ${kubernetes}. Set kubernetes.version to ${about.kubernetes} ` +
        "(and repository.url to its minor version, if it is set), restore, run pulumi up, and upgrade after that.",
    );
  }
  return about;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function textOf({ content, size }: TarEntry): Promise<string> {
  if (size > 65_536) throw new Error("its about.json is too large");
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * etcd appends the SHA-256 of the database to a snapshot.
 *
 * @see https://github.com/etcd-io/etcd/blob/main/etcdutl/snapshot/v3_snapshot.go
 */
async function hasItsChecksum({ content, size }: TarEntry): Promise<boolean> {
  const hash = createHash("sha256");
  let left = size - hashLength;
  let sum = Buffer.alloc(0);
  for await (const chunk of content) {
    const hashed = chunk.subarray(0, Math.max(0, left));
    hash.update(hashed);
    left -= hashed.length;
    sum = Buffer.concat([sum, chunk.subarray(hashed.length)]);
  }
  return size > hashLength && hash.digest().equals(sum);
}
const hashLength = 32;
