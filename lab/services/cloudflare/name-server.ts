import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Where the stand-in publishes its records: a name server that takes RFC 2136 updates signed by TSIG. */
export interface NameServerConfig {
  readonly address: string;
  readonly keyName: string;
  /** E.g. hmac-sha256. */
  readonly keyAlgorithm: string;
  /** Base64. */
  readonly keySecret: string;
}

/** The A records that one name shall have. */
export interface AddressSet {
  readonly zone: string;
  readonly name: string;
  readonly ttl: number;
  readonly addresses: readonly string[];
}

/** Publishes address sets, all of one call in one UPDATE message: no reader sees a name without a record in between. */
export type Publish = (sets: readonly AddressSet[]) => Promise<void>;

export function updateText(server: NameServerConfig, sets: readonly AddressSet[]): string {
  const zone = sets[0]?.zone;
  return [
    `server ${server.address}`,
    `zone ${zone}.`,
    ...sets.flatMap(({ name, ttl, addresses }) => [
      `update delete ${name}. A`,
      ...addresses.map((address) => `update add ${name}. ${ttl} A ${address}`),
    ]),
    "send",
    "",
  ].join("\n");
}

/** Publishes with `nsupdate`; the key lies in a file of its own that nobody else can read. */
export function nsupdatePublisher(server: NameServerConfig): Publish {
  const folder = mkdtempSync(join(tmpdir(), "cloudflare-tsig-"));
  const keyFile = join(folder, "key");
  const { keyName, keyAlgorithm, keySecret } = server;
  writeFileSync(keyFile, `key "${keyName}" {\n  algorithm ${keyAlgorithm};\n  secret "${keySecret}";\n};\n`, {
    mode: 0o600,
  });
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return async (sets) => {
    if (sets.length > 0) {
      const running = promisify(execFile)("nsupdate", ["-t", "5", "-k", keyFile]);
      // where nsupdate ends early, its exit status says why
      running.child.stdin?.on("error", () => undefined).end(updateText(server, sets));
      await running;
    }
  };
}
