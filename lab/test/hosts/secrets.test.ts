import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureSecrets } from "../../hosts/secrets";
import { scratchPlace } from "../scratch";

test("are made once, for this user's eyes only", () => {
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

test("what the file says counts: a lab keeps its secrets over versions of the lab", () => {
  const place = scratchPlace();
  const secrets = { ...ensureSecrets(place), vrrpPassword: "12345678" };
  writeFileSync(join(place.folder, "secrets.json"), JSON.stringify(secrets));
  expect(ensureSecrets(place).vrrpPassword).toBe("12345678");
});

test("have the vendors' forms", () => {
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

test("differ from each other and from lab to lab", () => {
  const all = [scratchPlace(), scratchPlace()].flatMap((place) => Object.values(ensureSecrets(place)));
  expect(new Set(all).size).toBe(all.length);
});
