import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { mask } from "../../operate/mask";

const script = readFileSync(join(__dirname, "../../operate/files.sh"), "utf8");
const [maskFunction = ""] = /^mask\(\) \{$[^]*?^\}$/m.exec(script) ?? [];

/** Masks a text as on a host, with the real awk and sed. */
const maskedOnHost = (text: string) =>
  execFileSync("bash", ["-c", `${maskFunction}\nmask`], { input: text, encoding: "utf8" });

const hex = (length: number) => "0123456789abcdef".repeat(8).slice(3, 3 + length);
const body = Array.from({ length: 3 }, (_, index) => `CANARY${index}${"Ab9/".repeat(14)}`).join("\n");
const journal = (text: string) => text.replaceAll(/^/gm, "2026-11-26T21:01:07+00:00 host program[1]: ");

/** A kind of secret, a text that contains one, and the secret. */
const planted: [string, string, string][] = [
  ["VRRP's password", '        auth_pass "canary7!"', "canary7!"],
  ["an encrypted setting", "  kube-control:tsigSecret:\n    secure: v1:CANARYabc/+=:def", "CANARYabc"],
  ["an encrypted setting in JSON", '{"secure": "v1:CANARYabc"}', "CANARYabc"],
  ["the salt of a stack's file", "encryptionsalt: v1:CANARYsalt=:v1:xyz", "CANARYsalt"],
  ["Datadog's key in an environment", `            "DD_API_KEY=${hex(32)}",`, hex(32)],
  ["Datadog's application key in a header", `DD-APPLICATION-KEY: ${hex(40)}`, hex(40)],
  ["a key in a configuration", "api_key: CANARY-not-hexadecimal", "CANARY-not-hexadecimal"],
  ["a key in escaped JSON", '{"Env":"[\\"DD_API_KEY=CANARYkey\\"]"}', "CANARYkey"],
  ["a key without a name in a log", `sending with ${hex(32)} to intake`, hex(32)],
  ["a bearer token", "Authorization: Bearer CANARY.token-1_2", "CANARY.token-1_2"],
  [
    "a service account's token",
    "mounted eyJhbGciOiJSUzI1NiIs.eyJpc3MiOiJrdWJlcm5l.c2lnbmF0dXJl",
    "eyJpc3MiOiJrdWJlcm5l",
  ],
  ["a bootstrap token", "kubeadm join h:6443 --token abcdef.0123456789abcdef --discovery", "0123456789abcdef"],
  ["a key of certificates on a command line", `--certificate-key ${hex(64)}`, hex(64)],
  ["a key of certificates in YAML", `certificateKey: ${hex(64)}`, hex(64)],
  ["a client's key in a kubeconfig", "    client-key-data: LS0tCANARYLS0t", "LS0tCANARYLS0t"],
  ["a password in TOML", 'password = "CANARYpw"', "CANARYpw"],
  ["a password in an address", "http://user:CANARYpw@proxy.example.com:3128/", "CANARYpw"],
  ["the key of the encryption at rest", "        - name: key1\n          secret: Q0FOQVJZ+abc/=", "Q0FOQVJZ"],
  ["a private key", `-----BEGIN EC PRIVATE KEY-----\n${body}\n-----END EC PRIVATE KEY-----\nafter`, "CANARY1"],
  ["a private key in a journal", journal(`-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`), "CANARY1"],
  ["a private key in one line", `key: "-----BEGIN PRIVATE KEY-----\\nCANARY\\n-----END PRIVATE KEY-----\\n"`, "CANARY"],
  ["a private key without an end", `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}`, "CANARY2"],
];

test.each(planted)("%s is masked on this machine", (_, text, secret) => {
  expect(text).toContain(secret);
  expect(mask(text)).not.toContain(secret);
  expect(mask(text)).toContain("[masked");
});

test("every kind of secret is masked on the host", () => {
  for (const [what, text, secret] of planted) {
    const seen = maskedOnHost(`before\n${text}\n`);
    expect([what, seen.includes(secret), seen.includes("[masked")]).toEqual([what, false, true]);
    expect(seen).toMatch(/^before\n/);
  }
});

test("text without secrets is kept", () => {
  const text = [
    "    server k8s-master1 192.168.2.151:6443 track k8s-managers-readyz/k8s-master1",
    "    stats socket /run/haproxy.sock user root group root mode 600 level admin",
    "I1126 21:01:07.571645    5333 server.go:177] pulled image registry.k8s.io/pause:3.10.2",
    "kubectl get nodes: k8s-master1 Ready v1.37.2 https://192.168.2.151:6443/readyz",
    "    - --etcd-servers=https://127.0.0.1:2379",
    "after a private key in one line",
    "",
  ].join("\n");
  expect(mask(text)).toBe(text);
  expect(maskedOnHost(text)).toBe(text);
});

test("text after a private key is kept, and a second masking changes nothing", () => {
  const text = `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\nafter\n`;
  expect(maskedOnHost(text)).toBe("[masked private key]\nafter\n");
  expect(mask(text)).toBe("[masked private key]\nafter\n");
  for (const [, planting] of planted) expect(mask(mask(planting))).toBe(mask(planting));
});

test("a secret is masked at any place in a text", () => {
  const secrets = planted.filter(([what]) => !/without an end|journal/.test(what));
  fc.assert(
    fc.property(fc.constantFrom(...secrets), fc.lorem(), fc.lorem(), ([, text, secret], before, after) => {
      expect(mask(`${before}\n${text}\n${after}`)).not.toContain(secret);
    }),
  );
});
