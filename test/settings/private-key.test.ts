import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPrivateKey, whyNoPrivateKey } from "../../settings/private-key";

const folder = mkdtempSync(join(tmpdir(), "kube-control-private-key-"));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
function sshKeygen(...args: string[]): string {
  const path = join(folder, `key${++made}`);
  execFileSync("ssh-keygen", ["-q", "-C", "", "-f", path, ...args]);
  return readFileSync(path, "utf8");
}

const why = (text: string) => whyNoPrivateKey(text, "/keys/id")?.what;
const whatToDo = (text: string) => whyNoPrivateKey(text, "/keys/id")?.remedy;

/** Whether this machine's OpenSSH can read the key. */
function sshReads(text: string): boolean {
  const path = join(folder, `read${++made}`);
  writeFileSync(path, text, { mode: 0o600 });
  return spawnSync("ssh-keygen", ["-y", "-P", "", "-f", path]).status === 0;
}

const kinds = {
  Ed25519: ["-t", "ed25519"],
  ECDSA: ["-t", "ecdsa"],
  "RSA in PEM": ["-t", "rsa", "-b", "2048", "-m", "PEM"],
  "RSA in PKCS #8": ["-t", "rsa", "-b", "2048", "-m", "PKCS8"],
};
const keys = new Map<string, string>();
beforeAll(() => Object.entries(kinds).forEach(([kind, args]) => keys.set(kind, sshKeygen(...args, "-N", ""))));
const keyOf = (kind: string) => keys.get(kind) ?? "";

describe("a private key that ssh-keygen made", () => {
  it.each(Object.keys(kinds))("is accepted: %s", (kind) => {
    expect(why(keyOf(kind))).toBeUndefined();
  });

  it.each(Object.entries(kinds))("is refused with a passphrase: %s", (_, args) => {
    const text = sshKeygen(...args, "-N", "a passphrase");
    expect(why(text)).toBe("has a passphrase: the docker provider cannot pass it to ssh");
    expect(whatToDo(text)).toMatch(/ssh-add '\/keys\/id'.*ssh\.agent to true/);
  });

  it("is refused if a part of it is missing", () => {
    const lines = keyOf("Ed25519").split("\n");
    expect(why([lines[0], "AAAA", lines.at(-2), ""].join("\n"))).toBe("is a damaged private key");
    expect(why(lines.toSpliced(2, 1).join("\n"))).toBe("is a damaged private key");
    expect(why(lines.slice(0, 3).join("\n"))).toBe("is not a private key");
  });
});

describe("a private key with changed white space or additional text", () => {
  const changes: Record<string, [change: (text: string) => string, what: RegExp, remedy: RegExp]> = {
    "its last line has no line end": [
      (text) => text.trimEnd(),
      /no line end after its last line/,
      /^Run `echo >> '\/keys\/id'`/,
    ],
    "it has the line ends of Windows": [(text) => text.replaceAll("\n", "\r\n"), /line ends of Windows/, /sed -i/],
    "it is indented": [(text) => text.replace(/^/gm, "  "), /before -----BEGIN/, /Remove this text/],
    "its end is indented": [(text) => text.replace("-----END", " -----END"), /before -----BEGIN or -----END/, /Remove/],
    "it has a line before it": [(text) => `my key\n${text}`, /before -----BEGIN/, /first line/],
    "it has a blank line before it": [(text) => `\n${text}`, /before -----BEGIN/, /first line/],
    "it begins with a byte order mark": [(text) => `\ufeff${text}`, /before -----BEGIN/, /Remove this text/],
    "it has blanks at the ends of lines": [(text) => text.replaceAll("\n", " \n"), /has blanks after/, /Remove them/],
    "it has blanks in its body": [(text) => text.replaceAll(/\n(?=\w)/g, "\n  "), /never/, /never/],
    "its body is one line": [(text) => text.replaceAll(/(?<=\w)\n(?=\w)/g, ""), /never/, /never/],
    "it has text after it": [(text) => `${text}\nmore\n`, /never/, /never/],
  };
  const cases = Object.keys(kinds).flatMap((kind) => Object.keys(changes).map((change) => [kind, change] as const));

  it.each(cases)("is refused if and only if OpenSSH or the command plugin refuses it: %s, %s", (kind, name) => {
    const [change, what, remedy] = changes[name]!;
    const text = change(keyOf(kind));
    // OpenSSH accepts a byte order mark before a PEM block, Go does not
    const readable = sshReads(text) && !text.startsWith("\ufeff");
    expect(why(text) === undefined).toBe(readable);
    if (!readable) {
      expect([why(text), whatToDo(text)]).toEqual([expect.stringMatching(what), expect.stringMatching(remedy)]);
    }
  });
});

describe("an unsupported key", () => {
  const pkcs8 = { type: "pkcs8", format: "pem" } as const;
  /** The checked parts of an OpenSSH key without a passphrase. */
  function openssh(type: string): string {
    const field = (bytes: Buffer | string) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return Buffer.concat([length, Buffer.from(bytes)]);
    };
    const none = [field("none"), field("none"), field("")];
    const secret = Buffer.concat([Buffer.alloc(8, 7), field(type)]);
    const parts = [
      Buffer.from("openssh-key-v1\0"),
      ...none,
      Buffer.from([0, 0, 0, 1]),
      field(field(type)),
      field(secret),
    ];
    const body = Buffer.concat(parts).toString("base64");
    return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`;
  }

  it.each([
    ["FIDO", openssh("sk-ssh-ed25519@openssh.com"), /is a FIDO key/, /ssh-keygen -t ed25519/],
    ["DSA", openssh("ssh-dss"), /of type ssh-dss, which the command plugin cannot read/, /ssh-keygen/],
    [
      "Ed25519 in PKCS #8",
      generateKeyPairSync("ed25519").privateKey.export(pkcs8).toString(),
      /in PKCS #8: ssh reads this format only from version 9\.6 on/,
      /ssh-keygen/,
    ],
    [
      "an unsupported curve",
      generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey.export(pkcs8).toString(),
      /on the curve secp256k1/,
      /ssh-keygen/,
    ],
    [
      "PuTTY's format",
      "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
      /PuTTY's format/,
      /puttygen '\/keys\/id' -O/,
    ],
    ["a public key", "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n", /public half/, /not FILE\.pub/],
  ])("is refused: %s", (_, text, what, remedy) => {
    expect([why(text), whatToDo(text)]).toEqual([expect.stringMatching(what), expect.stringMatching(remedy)]);
  });

  it("is refused after another PEM block, because only Go reads it", () => {
    const ec = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey.export({
      type: "sec1",
      format: "pem",
    });
    const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    expect(why(ec.toString())).toBeUndefined();
    expect(why(`${parameters}${ec.toString()}`)).toMatch(/has a block EC PARAMETERS before the private key/);
  });

  it("does not include a supported type in the same format", () => expect(why(openssh("ssh-ed25519"))).toBeUndefined());
});

describe("the mode of the file", () => {
  const others = (mode: number) => {
    const path = join(folder, `rights${++made}`);
    writeFileSync(path, keyOf("Ed25519"));
    chmodSync(path, mode);
    return { path, mistakes: checkPrivateKey(path) };
  };

  it("is refused if other users can read the user's own file", () => {
    const { path, mistakes } = others(0o640);
    expect(mistakes).toEqual([
      expect.objectContaining({
        what: "can be read by other users (mode 640), so ssh refuses it",
        remedy: `Run \`chmod 600 '${path}'\`.`,
      }),
    ]);
  });

  it("is not checked for a file of another user, as in ssh", () => {
    jest.spyOn(process, "getuid").mockReturnValue(process.getuid!() + 1);
    expect(others(0o640).mistakes).toEqual([]);
    jest.restoreAllMocks();
  });
});
