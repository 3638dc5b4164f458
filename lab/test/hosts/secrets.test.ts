import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { whyNoRecipient } from "../../../components/cluster-backup/refusals";
import { ensureSecrets, recipientOf } from "../../hosts/secrets";
import { scratchPlace } from "../scratch";

test("secrets are created once, in a file that only this user can read", () => {
  const place = scratchPlace();
  const mask = process.umask(0);
  try {
    const secrets = ensureSecrets(place);
    expect(statSync(join(place.folder, "secrets.json")).mode & 0o777).toBe(0o600);
    expect(statSync(place.folder).mode & 0o777).toBe(0o700);
    expect(ensureSecrets(place)).toEqual(secrets);
  } finally {
    process.umask(mask);
  }
});

test("secrets are read from an existing file", () => {
  const place = scratchPlace();
  const secrets = { ...ensureSecrets(place), vrrpPassword: "12345678" };
  writeFileSync(join(place.folder, "secrets.json"), JSON.stringify(secrets));
  expect(ensureSecrets(place).vrrpPassword).toBe("12345678");
});

test("a secret that is missing in an existing file is added, and the others stay", () => {
  const place = scratchPlace();
  const { ageIdentity: _, ...earlier } = ensureSecrets(place);
  writeFileSync(join(place.folder, "secrets.json"), JSON.stringify(earlier));
  const secrets = ensureSecrets(place);
  expect(secrets).toEqual({ ...earlier, ageIdentity: expect.stringMatching(/^AGE-SECRET-KEY-1/) as unknown });
  expect(ensureSecrets(place)).toEqual(secrets);
});

test("an identity's public key is the one that age-keygen prints", () => {
  const identity = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
  expect(recipientOf(identity)).toBe("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj");
  expect(whyNoRecipient(recipientOf(ensureSecrets(scratchPlace()).ageIdentity))).toBeUndefined();
});

test("secrets have the vendors' formats", () => {
  for (let i = 0; i < 20; i++) {
    const secrets = ensureSecrets(scratchPlace());
    expect(secrets.cloudflareApiToken).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(secrets.datadogApiKey).toMatch(/^[0-9a-f]{32}$/);
    expect(secrets.datadogAppKey).toMatch(/^[0-9a-f]{40}$/);
    expect(secrets.vrrpPassword).toMatch(/^[A-Za-z0-9]{8}$/);
    expect(secrets.pulumiPassphrase).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(Buffer.from(secrets.tsigSecret, "base64")).toHaveLength(32);
    expect(Buffer.from(secrets.tsigSecret, "base64").toString("base64")).toBe(secrets.tsigSecret);
  }
});

test("all secrets of two labs differ", () => {
  const all = [scratchPlace(), scratchPlace()].flatMap((place) => Object.values(ensureSecrets(place)));
  expect(new Set(all).size).toBe(all.length);
});
