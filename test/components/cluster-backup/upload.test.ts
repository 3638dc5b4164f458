import { createHash } from "node:crypto";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { backups, Copies } from "./copies";

// The real program, run by bash in a folder that replaces the host of the copies. A fake curl replaces the bucket: its objects are the
// files of a folder. lab/test/long/s3.test.ts uses a real server.

const url = "https://s3.example.com/backups/prod/";
const secret = "CANARY/secret+key";

const tools: Readonly<Record<string, string>> = {
  setpriv: `
    printf 'setpriv %s\\n' "$*" >>"$ROOT/argv"
    while [[ $1 == --* ]]; do case $1 in --reuid | --regid) shift 2 ;; *) shift ;; esac; done
    # root may read everything
    [[ "$1 $2" != "test -r" || $(stat -c %a "$3") != 400 ]] || exit 1
    exec "$@"`,
  curl: `
    printf 'curl %s\\n' "$*" >>"$ROOT/argv"
    cat >"$ROOT/configuration"
    object=$ROOT/bucket/\${!#}; object=\${object/"$URL"/}
    method=GET
    [[ " $* " != *" --head "* ]] || method=HEAD
    for ((at = 1; at < $#; at++)); do [[ \${!at} != --upload-file ]] || { next=$((at + 1)) method=PUT file=\${!next}; }; done
    printf '%s\\n' "$method \${object##*/}" >>"$ROOT/requests"
    if [[ -e $ROOT/$method.fails ]]; then cat "$ROOT/$method.fails" >&2; exit 60; fi
    if [[ -e $ROOT/$method.answer ]]; then cat "$ROOT/$method.answer"; exit; fi
    if [[ $method == PUT ]]; then
      if [[ -e $ROOT/cuts ]]; then head -c 3 "$file" >"$object"; else cp "$file" "$object"; fi
      printf '\\n200 0'
    elif [[ $method == GET ]]; then
      printf '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>\n404 60'
    elif [[ -e $object ]]; then
      printf 'HTTP/1.1 200 OK\\r\\n\\r\\n\\n200 %s' "$(stat -c %s "$object")"
    else
      printf 'HTTP/1.1 404 Not Found\\r\\n\\r\\n\\n%s ' "$(cat "$ROOT/missing" 2>/dev/null || echo 404)"
    fi`,
};

/** The host of the copies, with a bucket. */
class WithBucket extends Copies {
  constructor() {
    super({ url, credentials: `user = "AKIAEXAMPLE:${secret}"\n` }, tools);
    mkdirSync(join(this.root, "bucket"));
  }

  objects(): string[] {
    return readdirSync(join(this.root, "bucket")).sort();
  }
  requests(): string[] {
    return this.read("requests").trim().split("\n");
  }

  override upload(...more: string[]) {
    for (const file of ["requests", "argv"]) rmSync(join(this.root, file), { force: true });
    return super.upload(...more);
  }
}

let host: WithBucket;
beforeEach(() => (host = new WithBucket()));
afterEach(() => host.remove());

test("every copy is uploaded unchanged, the newest first", async () => {
  const names = [host.copy("k8s-master1", 6), host.copy("k8s-master2", 8), host.copy("k8s-master1", 12)];
  expect(await host.upload()).toMatchObject({ status: 0, stderr: "" });
  expect(host.objects()).toEqual([...names].sort());
  for (const name of names) {
    const path = `${backups}/${name.replace(/-2025.*/, "")}/${name}`;
    expect(readFileSync(join(host.root, "bucket", name)).equals(readFileSync(join(host.root, path)))).toBe(true);
  }
  const sent = host.requests().filter((request) => request.startsWith("PUT"));
  expect(sent).toEqual([names[2], names[1], names[0]].map((name) => `PUT ${name}`));
  expect(host.result()).toMatchObject({ format: 1, result: "ok", archives: 3, stored: 3, message: "" });
});

test("an upload has the checksums of the archive, and a signature for the region", async () => {
  const name = host.copy("k8s-master1", 6);
  await host.upload();
  const content = readFileSync(join(host.root, backups, "k8s-master1", name));
  const [, , put = ""] = host.read("argv").split("\n").filter((call) => call.startsWith("curl ")); // prettier-ignore
  expect(put).toContain(`x-amz-content-sha256: ${createHash("sha256").update(content).digest("hex")}`);
  expect(put).toContain(`Content-MD5: ${createHash("md5").update(content).digest("base64")}`);
  expect(put).toContain("--aws-sigv4 aws:amz:eu-central-1:s3");
  expect(put.endsWith(` ${url}${name}`)).toBe(true);
});

test("curl gets the access key on standard input only, and runs as the owner of the copies", async () => {
  host.copy("k8s-master1", 6);
  const { stdout, stderr } = await host.upload();
  expect(host.read("configuration")).toBe(`user = "AKIAEXAMPLE:${secret}"\n`);
  const seen = [stdout, stderr, host.read("argv"), host.read(`${backups}/upload.json`)].join("\n");
  expect(seen).not.toMatch(/CANARY|AKIAEXAMPLE/);
  const calls = host.read("argv").trim().split("\n");
  const asOwner = "setpriv --reuid kube-control-backup --regid kube-control-backup --clear-groups curl ";
  expect(calls.filter((call) => call.startsWith(asOwner))).toHaveLength(4);
  // neither root's curlrc nor a redirect to http is followed
  expect(calls.filter((call) => call.startsWith("curl --disable ") && call.includes("--proto =https"))).toHaveLength(4);
});

test("a copy that its owner cannot read does not keep the others away", async () => {
  const [unreadable, other] = [host.copy("k8s-master9", 12), host.copy("k8s-master1", 6)];
  chmodSync(join(host.root, backups, "k8s-master9", unreadable), 0o400);
  const { status, stderr } = await host.upload();
  expect([status, host.objects()]).toEqual([1, [other]]);
  expect(stderr).toContain(`kube-control-backup cannot read ${join(host.root, backups, "k8s-master9", unreadable)}`);
  expect(host.result()).toMatchObject({ result: "failed", archives: 2, stored: 1 });
});

describe("the file that the agent checks has the time of", () => {
  const newest = () => statSync(join(host.root, backups, "uploaded/newest")).mtime.toISOString();

  test("the newest archive in the bucket", async () => {
    for (const hour of [12, 6]) host.copy("k8s-master1", hour);
    await host.upload();
    expect(newest()).toBe("2025-11-05T12:30:00.000Z");
  });

  test("an older one, if the newest cannot be uploaded", async () => {
    for (const hour of [6, 7]) host.copy("k8s-master1", hour);
    host.write(`bucket/${host.copy("k8s-master1", 12)}`, "of another stack");
    await host.upload();
    expect(newest()).toBe("2025-11-05T07:30:00.000Z");
  });
});

test("what the bucket has is not uploaded again", async () => {
  const name = host.copy("k8s-master1", 6);
  await host.upload();
  expect((await host.upload()).status).toBe(0);
  expect(host.requests()).toEqual([`HEAD ${name}`]);
  expect(host.result()).toMatchObject({ result: "ok", archives: 1, stored: 1 });
});

test("what was removed from the bucket is uploaded again", async () => {
  const name = host.copy("k8s-master1", 6);
  await host.upload();
  host.remove(`bucket/${name}`);
  await host.upload();
  expect(host.objects()).toEqual([name]);
});

test("a key that may not list the bucket is enough: S3 answers 403 for a missing object", async () => {
  host.write("missing", "403");
  host.write("GET.answer", answer(403, "AccessDenied", "Access Denied."));
  const name = host.copy("k8s-master1", 6);
  expect((await host.upload()).status).toBe(0);
  expect(host.objects()).toEqual([name]);
});

test("the first upload of a set-up is the newest archive alone", async () => {
  host.copy("k8s-master1", 6);
  const newest = host.copy("k8s-master2", 8);
  expect((await host.upload("newest")).status).toBe(0);
  expect(host.objects()).toEqual([newest]);
});

test("without copies, nothing is asked", async () => {
  expect(await host.upload()).toMatchObject({ status: 0, stdout: "there are no copies of archives yet\n" });
  expect([host.requests(), host.result()]).toMatchObject([[""], { result: "ok", archives: 0 }]);
});

test("other files are not uploaded", async () => {
  const name = host.copy("k8s-master1", 6);
  linkSync(join(host.root, backups, "k8s-master1", name), join(host.root, backups, "latest/k8s-master1.tar.age"));
  for (const path of [".incoming", "notes.txt", "k8s-master2-20251105T063000Z.tar.age", `${name}.bak`]) {
    host.write(`${backups}/k8s-master1/${path}`, "other");
  }
  host.write(`${backups}/${name}`, "an archive of a master on this host");
  await host.upload();
  expect(host.objects()).toEqual([name]);
});

const answer = (status: number, code: string, message: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message><Key>x</Key></Error>\n${status} 200`;

describe.each([
  ["a wrong key", 403, "SignatureDoesNotMatch", "The signature does not match.", "the secret s3SecretAccessKey"],
  ["a missing bucket", 404, "NoSuchBucket", "The bucket does not exist.", "backup.s3.bucket"],
  ["another region", 301, "PermanentRedirect", "Use another endpoint.", "backup.s3.region"],
  ["a server that is overloaded", 503, "SlowDown", "Reduce your rate.", "The next run repeats it"],
])("of %s", (_what, status, code, message, todo) => {
  test("the answer ends the run with the reason and what to do, and the next run repeats it", async () => {
    const names = [host.copy("k8s-master1", 6), host.copy("k8s-master1", 12)];
    host.write("PUT.answer", answer(status, code, message));
    const run = await host.upload();
    expect([run.status, host.objects()]).toEqual([1, []]);
    expect(host.requests()).toEqual([`HEAD ${names[1]}`, `GET ${names[1]}`, `PUT ${names[1]}`]);
    const said = String(host.result()["message"]);
    expect(said).toContain(`${names[1]} was not uploaded: HTTP ${status} ${code}: ${message} `);
    expect(said).toContain(todo);
    expect(run.stderr).toContain(`error: ${said}`);
    host.remove("PUT.answer");
    expect((await host.upload()).status).toBe(0);
    expect([host.objects(), host.result()]).toMatchObject([names, { result: "ok", stored: 2, message: "" }]);
  });
});

test.each([
  ["a wrong key", 403, "SignatureDoesNotMatch", /the secret s3SecretAccessKey/],
  ["an unknown key", 404, "XAdminUserNotFound", /backup\.s3\.accessKeyId/],
  ["a missing bucket", 404, "NoSuchBucket", /backup\.s3\.bucket/],
])("%s is reported before an archive is sent", async (_, status, code, todo) => {
  const name = host.copy("k8s-master1", 6);
  host.write("missing", String(status));
  host.write("GET.answer", answer(status, code, "No."));
  expect((await host.upload()).status).toBe(1);
  expect(host.requests()).toEqual([`HEAD ${name}`, `GET ${name}`]);
  expect(host.result()["message"]).toMatch(todo);
});

test.each(["HEAD", "GET", "PUT"])("if nothing answers a %s, the run ends with curl's message", async (method) => {
  host.copy("k8s-master1", 6);
  host.copy("k8s-master1", 12);
  host.write(
    `${method}.fails`,
    "curl: (60) SSL certificate problem: unable to get local issuer certificate\nMore details here: https://curl.se/docs/sslcerts.html\n",
  );
  expect((await host.upload()).status).toBe(1);
  expect(host.requests().filter((request) => request.startsWith(method))).toHaveLength(1);
  expect(host.result()).toMatchObject({
    result: "failed",
    message: expect.stringMatching(
      /no response from https:\/\/s3\.example\.com.*unable to get local issuer certificate\. The next run repeats it/,
    ),
  });
});

test("an object that is shorter than the archive after the upload fails the run", async () => {
  const name = host.copy("k8s-master1", 6);
  host.write("cuts");
  expect((await host.upload()).status).toBe(1);
  expect(host.result()).toMatchObject({ result: "failed", stored: 0 });
  expect(host.result()["message"]).toContain(`${name} was uploaded, but the bucket has 3 bytes of it instead of`);
});

test("a key that may not read the uploaded object fails the run", async () => {
  host.copy("k8s-master1", 6);
  host.write("HEAD.answer", "HTTP/1.1 403 Forbidden\r\n\r\n\n403 ");
  expect((await host.upload()).status).toBe(1);
  expect(host.result()["message"]).toMatch(/was uploaded, but cannot be looked up: HTTP 403\. .*s3:GetObject/);
});

test("another object of the same name is not replaced, and the other archives are uploaded", async () => {
  const [old, newest] = [host.copy("k8s-master1", 6), host.copy("k8s-master1", 12)];
  host.write(`bucket/${newest}`, "of another stack");
  expect((await host.upload()).status).toBe(1);
  expect(host.read(`bucket/${newest}`)).toBe("of another stack");
  expect(host.objects()).toEqual([old, newest]);
  expect(host.result()).toMatchObject({ result: "failed", archives: 2, stored: 1 });
  expect(host.result()["message"]).toContain(`the bucket has another object ${newest}, of 16 bytes`);
});

test("an archive above S3's limit for one request is an error, and the others are uploaded", async () => {
  const [old, newest] = [host.copy("k8s-master1", 6), host.copy("k8s-master1", 12)];
  const path = join(host.root, backups, "k8s-master1", newest);
  // a sparse file
  truncateSync(path, 5 * 1024 ** 3 + 1);
  utimesSync(path, new Date("2025-11-05T12:30:00Z"), new Date("2025-11-05T12:30:00Z"));
  expect((await host.upload()).status).toBe(1);
  expect(host.objects()).toEqual([old]);
  expect(host.result()["message"]).toContain(
    `${newest} has 5368709121 bytes, and S3 accepts 5368709120 in one request`,
  );
});

test("a message with quotation marks and lines leaves the result valid", async () => {
  host.copy("k8s-master1", 6);
  host.write("PUT.answer", answer(400, "Bad", 'the "value" \\ is\nwrong'));
  await host.upload();
  expect(host.result()["message"]).toContain("the 'value' ' is wrong");
});

test("a second run at the same time uploads nothing", async () => {
  host.copy("k8s-master1", 6);
  // the first run holds the lock until its request is answered
  host.tool("sha256sum", "sleep 2\nexec /usr/bin/sha256sum");
  const [first, second] = await Promise.all([host.upload(), host.upload()]);
  expect([first.status, second.status]).toEqual([0, 0]);
  expect(`${first.stdout}${second.stdout}`).toContain("another run of kube-control-backup-upload has not ended");
});

test("a run leaves only its result and its lock", async () => {
  host.copy("k8s-master1", 6);
  await host.upload();
  expect(readdirSync(join(host.root, "run"))).toEqual([]);
  expect(readdirSync(join(host.root, backups)).sort()).toEqual([
    ".upload.lock",
    "k8s-master1",
    "latest",
    "upload.json",
    "uploaded",
  ]);
});
