/** The program that uploads copies of backups, with a real server of S3's API that verifies signatures and checksums. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Copies } from "../../../test/components/cluster-backup/copies";
import { ensureArtefact } from "../../artefacts/artefact";
import { goArtefact } from "../../artefacts/go";
import { versityGateway } from "../../artefacts/programs";
import { placeOf } from "../../base/place";
import { scratchFolder } from "../scratch";

const minutes = 60_000;
const accessKeyId = "AKIAIOSFODNN7EXAMPLE";
const secretAccessKey = `CANARY/${randomBytes(24).toString("base64")}`;
const region = "eu-central-1";

/** The program runs curl as the owner of the copies. This machine has no such user: a test as root uses `nobody`. */
const setpriv =
  process.getuid?.() === 0 ? 'exec /usr/bin/setpriv --reuid nobody --regid nogroup "${@:5}"' : 'exec "${@:6}"';

let program: string;
let certificate: string;
let key: string;
let objects: string;
let port: number;
let server: ChildProcess;
let host: Copies;

async function start(): Promise<void> {
  server = spawn(
    program,
    [
      "--port",
      `127.0.0.1:${port}`,
      "--region",
      region,
      "--cert",
      certificate,
      "--key",
      key,
      "--quiet",
      "posix",
      objects,
    ],
    {
      env: { ...process.env, ROOT_ACCESS_KEY_ID: accessKeyId, ROOT_SECRET_ACCESS_KEY: secretAccessKey },
      stdio: "ignore",
    },
  );
  const url = `https://127.0.0.1:${port}/`;
  for (let left = 100; left > 0; left--) {
    const code = await fetchCode(url);
    if (code !== "000") return;
    await sleep(100);
  }
  throw new Error(`the server does not answer at ${url}`);
}

const fetchCode = (url: string) =>
  new Promise<string>((resolve) => {
    const child = spawn("curl", ["--silent", "--cacert", certificate, "--output", "/dev/null", "--write-out", "%{http_code}", url]); // prettier-ignore
    let code = "";
    child.stdout.on("data", (data) => (code += data));
    child.on("close", () => resolve(code));
  });

async function stop(): Promise<void> {
  const ended = once(server, "exit");
  server.kill();
  await ended;
}

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port: free } = probe.address() as AddressInfo;
  probe.close();
  return free;
}

beforeAll(async () => {
  program = join(await ensureArtefact(placeOf(), goArtefact(versityGateway), () => undefined), "versitygw");
  const folder = scratchFolder();
  [certificate, key, objects] = ["server.crt", "server.key", "objects"].map((name) => join(folder, name)) as [string, string, string]; // prettier-ignore
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", ...subject, ...files], { stdio: "ignore" }); // prettier-ignore
  chmodSync(folder, 0o755);
  mkdirSync(objects);
  port = await freePort();
}, 20 * minutes);

beforeEach(async () => {
  rmSync(objects, { recursive: true });
  mkdirSync(join(objects, "backups"), { recursive: true });
  await start();
  host = withKey(secretAccessKey);
});
afterEach(async () => {
  host.remove();
  await stop();
});

/** A host of the copies that knows this secret. */
function withKey(secret: string, change: { id?: string; bucket?: string; trust?: string } = {}): Copies {
  const { id = accessKeyId, bucket = "backups", trust = certificate } = change;
  const url = `https://127.0.0.1:${port}/${bucket}/clusters/prod/`;
  const made = new Copies({ url, credentials: `user = "${id}:${secret}"\n` }, { setpriv });
  made.tool("curl", `export CURL_CA_BUNDLE=${trust}\nexec /usr/bin/curl "$@"`);
  // for `nobody`
  chmodSync(made.root, 0o755);
  return made;
}

const folderOfObjects = () => join(objects, "backups/clusters/prod");
const stored = () => (existsSync(folderOfObjects()) ? readdirSync(folderOfObjects()).sort() : []);

async function upload(from = host) {
  // receive.sh writes them for their owner only; here that owner is another user than the test's
  execFileSync("chmod", ["-R", "a+rX", join(from.root, "var")]);
  chmodSync(join(from.root, "var/lib/kube-control/backup-s3.conf"), 0o600);
  return from.upload();
}

test(
  "archives of several sizes arrive unchanged, and a second run sends nothing",
  async () => {
    const contents = [1, 5 * 1024 ** 2 + 1, 100 * 1024 ** 2].map((size) => randomBytes(size));
    const names = contents.map((content, index) => host.copy(`k8s-master${index + 1}`, 6, content));
    const begin = Date.now();
    expect(await upload()).toMatchObject({ status: 0, stderr: "" });
    console.log(`uploaded ${names.length} archives with 105 MiB in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
    expect(stored()).toEqual(names);
    names.forEach((name, index) => {
      expect(readFileSync(join(folderOfObjects(), name)).equals(contents[index] ?? Buffer.of())).toBe(true);
    });
    expect(host.result()).toMatchObject({ result: "ok", archives: 3, stored: 3 });
    const inodes = () => names.map((name) => lstatSync(join(folderOfObjects(), name)).ino);
    const before = inodes();
    expect(await upload()).toMatchObject({ status: 0, stdout: "" });
    expect(inodes()).toEqual(before);
  },
  5 * minutes,
);

test("an object that was removed is uploaded again", async () => {
  const name = host.copy("k8s-master1", 6);
  await upload();
  rmSync(join(folderOfObjects(), name));
  expect((await upload()).status).toBe(0);
  expect(stored()).toEqual([name]);
});

describe.each([
  ["a wrong secret", () => withKey("CANARY/another"), /HTTP 403 SignatureDoesNotMatch: .*the secret s3SecretAccessKey/],
  [
    "an unknown key",
    () => withKey(secretAccessKey, { id: "AKIAOTHER" }),
    /HTTP 404 XAdminUserNotFound: .*backup\.s3\.accessKeyId/,
  ],
  [
    "a missing bucket",
    () => withKey(secretAccessKey, { bucket: "other" }),
    /HTTP 404 NoSuchBucket: .*backup\.s3\.bucket/,
  ],
  [
    "an unknown authority",
    () => withKey(secretAccessKey, { trust: "/etc/ssl/certs/ca-certificates.crt" }),
    /no response from .*SSL certificate problem: \S+/,
  ],
])("with %s", (_what, make, message) => {
  test("nothing is uploaded, and the message says what is wrong", async () => {
    const wrong = make();
    wrong.copy("k8s-master1", 6);
    const { status, stdout, stderr } = await upload(wrong);
    const result = wrong.result();
    wrong.remove();
    expect([status, stored()]).toEqual([1, []]);
    expect(result["message"]).toMatch(message);
    expect([stdout, stderr, JSON.stringify(result)].join("\n")).not.toContain("CANARY");
  });
});

test.each([
  ["sha256sum", "SHA-256", /HTTP 400 XAmzContentSHA256Mismatch/],
  ["md5sum", "MD5", /HTTP 400 BadDigest/],
])("content that does not match its checksum (%s) is refused by the server", async (tool, _name, message) => {
  const name = host.copy("k8s-master1", 6);
  // as if the archive were changed between the calculation and the upload
  host.tool(tool, `{ cat; echo; } | /usr/bin/${tool}`);
  expect((await upload()).status).toBe(1);
  expect(host.result()["message"]).toMatch(message);
  expect(stored()).toEqual([]);
  host.remove(`bin/${tool}`);
  expect((await upload()).status).toBe(0);
  expect(stored()).toEqual([name]);
});

test("while the server is down, runs fail; afterwards a run uploads everything", async () => {
  const names = [host.copy("k8s-master1", 6), host.copy("k8s-master2", 8)];
  await stop();
  expect((await upload()).status).toBe(1);
  expect(host.result()["message"]).toMatch(/no response from .*The next run repeats it/);
  await start();
  expect((await upload()).status).toBe(0);
  expect(stored()).toEqual(names);
});

test(
  "neither arguments nor environment of any process contain the secret",
  async () => {
    host.copy("k8s-master1", 6, randomBytes(200 * 1024 ** 2));
    const seen = new Set<string>();
    const ended = new AbortController();
    const run = upload().finally(() => {
      ended.abort();
    });
    while (!ended.signal.aborted) {
      for (const text of ofCurl()) seen.add(text);
      await sleep(5);
    }
    expect((await run).status).toBe(0);
    expect([...seen].some((text) => text.includes("--upload-file"))).toBe(true);
    expect([...seen].filter((text) => text.includes(secretAccessKey) || text.includes(accessKeyId))).toEqual([]);
  },
  5 * minutes,
);

/** Arguments and environment of each running curl. */
function ofCurl(): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const text = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return text.includes("curl\0") ? [text + readFileSync(`/proc/${pid}/environ`, "utf8")] : [];
    } catch {
      return []; // it has ended
    }
  });
}
