import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whyNoPrivateKey } from "../../settings/private-key";

const folder = mkdtempSync(join(tmpdir(), "kube-control-private-key-"));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
function sshKeygen(...args: string[]): string {
  const path = join(folder, `key${++made}`);
  execFileSync("ssh-keygen", ["-q", "-C", "", "-f", path, ...args]);
  return readFileSync(path, "utf8");
}

describe("a private key that ssh-keygen made", () => {
  it.each([
    ["Ed25519", ["-t", "ed25519"]],
    ["ECDSA", ["-t", "ecdsa"]],
    ["RSA in PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
    ["RSA in PKCS #8", ["-t", "rsa", "-b", "2048", "-m", "PKCS8"]],
  ])("is taken: %s", (_, args) => {
    expect(whyNoPrivateKey(sshKeygen(...args, "-N", ""))).toBeUndefined();
  });

  it.each([
    ["Ed25519", ["-t", "ed25519"]],
    ["RSA in PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
    ["RSA in PKCS #8", ["-t", "rsa", "-b", "2048", "-m", "PKCS8"]],
  ])("is refused with a passphrase: %s", (_, args) => {
    expect(whyNoPrivateKey(sshKeygen(...args, "-N", "a passphrase"))).toMatch(/has a passphrase/);
  });

  it("is refused where it was cut", () => {
    const lines = sshKeygen("-t", "ed25519", "-N", "").split("\n");
    expect(whyNoPrivateKey([lines[0], "AAAA", lines.at(-2)].join("\n"))).toBe("is a damaged private key");
    expect(whyNoPrivateKey(lines.slice(0, 3).join("\n"))).toBe("is not a private key");
  });
});
