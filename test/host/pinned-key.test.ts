import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pinnedKey } from "../../host/pinned-key";

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE25519";
const ecdsa = "ecdsa-sha2-nistp256 AAAAE2VjZHNh";
const rsa = "ssh-rsa AAAAB3NzaC1yc2E";
const host = "192.168.2.151";

function hashed(name: string): string {
  const salt = Buffer.from("twenty bytes of salt");
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

describe("known_hosts", () => {
  it.each([
    ["a plain name", `${host} ${ed25519}`],
    ["one name of several", `k8s-master1,${host} ${ed25519} a comment`],
    ["a pattern", `192.168.2.* ${ed25519}`],
    ["a hashed name", `${hashed(host)} ${ed25519}`],
    ["a line after comments and blank ones", `# 192.168.2.151 of old\n\n  ${host}\t${ed25519}\r\n`],
  ])("finds a host by %s", (_, text) => {
    expect(pinnedKey(text, host, 22)).toEqual({ hostKey: ed25519 });
  });

  it.each([
    ["another name", `192.168.2.15 ${ed25519}`],
    ["a name with another character in place of a dot", `192.168.2x151 ${ed25519}`],
    ["a pattern that excludes it", `192.168.2.*,!${host} ${ed25519}`],
    ["the hash of another host", `${hashed("192.168.2.152")} ${ed25519}`],
    ["another port", `[${host}]:2222 ${ed25519}`],
    ["a comment", `# ${host} ${ed25519}`],
    ["a key of a type that cannot be pinned", `${host} ssh-dss AAAA`],
  ])("does not take %s for the host", (_, text) => {
    expect(pinnedKey(text, host, 22)).toEqual({ missing: "unknown" });
  });

  it("reports a host that has only a certificate authority", () => {
    expect(pinnedKey(`@cert-authority ${host} ${ed25519}`, host, 22)).toEqual({ missing: "certified" });
  });

  it("finds the key of a host with another port under that port", () => {
    const text = `${host} ${rsa}\n[${host}]:2222 ${ed25519}\n`;
    expect(pinnedKey(text, host, 2222)).toEqual({ hostKey: ed25519 });
    expect(pinnedKey(`${hashed(`[${host}]:2222`)} ${ed25519}`, host, 2222)).toEqual({ hostKey: ed25519 });
  });

  it("prefers Ed25519, then ECDSA, then RSA, whatever their order", () => {
    expect(pinnedKey([rsa, ecdsa, ed25519].map((key) => `${host} ${key}`).join("\n"), host, 22)).toEqual({
      hostKey: ed25519,
    });
    expect(pinnedKey([rsa, ecdsa].map((key) => `${host} ${key}`).join("\n"), host, 22)).toEqual({ hostKey: ecdsa });
    expect(pinnedKey(`${host} ${rsa}`, host, 22)).toEqual({ hostKey: rsa });
  });

  it("does not pin a revoked key", () => {
    const revoked = `${host} ${ed25519}\n@revoked * ${ed25519}\n`;
    expect(pinnedKey(revoked, host, 22)).toEqual({ missing: "revoked" });
    expect(pinnedKey(`${revoked}${host} ${ecdsa}\n`, host, 22)).toEqual({ hostKey: ecdsa });
  });

  it("does not use a certificate authority as the host's key, and reports it", () => {
    const authority = `@cert-authority 192.168.2.* ${ed25519}\n`;
    expect(pinnedKey(authority, host, 22)).toEqual({ missing: "certified" });
    expect(pinnedKey(`${authority}${host} ${ecdsa}\n`, host, 22)).toEqual({ hostKey: ecdsa });
  });

  it("is read in the hashed format of ssh-keygen", () => {
    const folder = mkdtempSync(join(tmpdir(), "kube-control-known-hosts-"));
    try {
      const key = join(folder, "key");
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]);
      const hostKey = readFileSync(`${key}.pub`, "utf8").trim();
      const path = join(folder, "known_hosts");
      writeFileSync(path, `${host} ${hostKey}\n[${host}]:2222 ${hostKey}\n`);
      execFileSync("ssh-keygen", ["-q", "-H", "-f", path], { stdio: "ignore" });
      const text = readFileSync(path, "utf8");
      expect(text).toMatch(/^\|1\|/);
      expect(pinnedKey(text, host, 22)).toEqual({ hostKey });
      expect(pinnedKey(text, host, 2222)).toEqual({ hostKey });
      expect(pinnedKey(text, host, 2223)).toEqual({ missing: "unknown" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
