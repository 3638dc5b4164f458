import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { loadSettings, type Settings } from "../../settings";

export const root = join(__dirname, "..", "..");

/** A stack's configuration as in its file, but its keys have no prefix. */
export type Configuration = Record<string, any>;

/** A folder with a private key and a known_hosts file, removed after the tests. */
export const scratch = mkdtempSync(join(tmpdir(), "kube-control-settings-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

export function file(name: string, content: string, mode = 0o600): string {
  const path = join(scratch, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

export const privateKey = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();

export const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExam";

/** A known_hosts file with the machines of the committed stacks. */
export const knownHosts = [151, 152, 153, 141, 142, 160].map((last) => `192.168.2.${last} ${hostKey}\n`).join("");

export const secretNames = [
  ...["cloudflareApiToken", "tsigSecret", "vrrpPassword"],
  ...["s3SecretAccessKey", "datadogApiKey", "datadogAppKey"],
];

/** A committed stack's configuration, with keys and secrets as its user adds them. */
export function committed(stack: "dev" | "prod"): Configuration {
  const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as { config: Configuration };
  const bare = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace(/^kube-control:/, ""), value]),
  );
  return {
    ...bare,
    ssh: {
      ...bare["ssh"],
      privateKeyFile: file("id_ed25519", privateKey),
      knownHostsFile: file("known_hosts", knownHosts),
    },
    cloudflareApiToken: "canary-cloudflare",
    datadogApiKey: "canary-api",
    datadogAppKey: "canary-app",
  };
}

/** The stack `prod` without a mistake; a test adds one. */
export function goodStack(): Configuration {
  const stack = committed("prod");
  stack["endpoint"].cloudflare.zoneId = "6b63c0a1d4e54f0c8f3a2e9d7b105c36";
  return stack;
}

/** A configuration as Pulumi passes it to a program: texts, and the names of the encrypted ones. */
export function asTexts(
  configuration: Configuration,
  secrets: readonly string[] = secretNames,
): [texts: Record<string, string>, secretKeys: string[]] {
  const texts = Object.entries(configuration).map(([key, value]) => [
    `kube-control:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const encrypted = secrets.filter((key) => key in configuration).map((key) => `kube-control:${key}`);
  return [Object.fromEntries(texts) as Record<string, string>, encrypted];
}

export function load(configuration: Configuration, secrets?: readonly string[]): Settings {
  pulumi.runtime.setAllConfig(...asTexts(configuration, secrets));
  return loadSettings();
}

/** One mistake of a report. */
export interface Reported {
  readonly key: string;
  readonly value?: string;
  readonly what: string;
  readonly remedy: string;
}

/** The mistakes in the error that refuses a configuration; empty if it is accepted. */
export function mistakesOf(configuration: Configuration, secrets?: readonly string[]): Reported[] {
  let report = "";
  try {
    load(configuration, secrets);
  } catch (error) {
    if (!pulumi.RunError.isInstance(error)) {
      throw error;
    }
    report = error.message;
  }
  const [, ...paragraphs] = report.split("\n\n");
  return paragraphs.map((paragraph) => {
    const [head = "", what = "", ...remedy] = paragraph.split("\n");
    const [key = "", value] = head.replace(/^\d+\. /, "").split(" = ");
    return { key, value, what: what.trim(), remedy: remedy.join("\n").trim().replace(/^→ /, "") };
  });
}
