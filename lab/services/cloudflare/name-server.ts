import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** The name server to which the stand-in publishes its records, by RFC 2136 updates signed with TSIG. */
export interface NameServerConfig {
  readonly address: string;
  readonly keyName: string;
  /** E.g. hmac-sha256. */
  readonly keyAlgorithm: string;
  /** Base64. */
  readonly keySecret: string;
}

/** All A records of one name. */
export interface AddressSet {
  readonly zone: string;
  readonly name: string;
  readonly ttl: number;
  readonly addresses: readonly string[];
}

/** Publishes the address sets of a call in one UPDATE message, so that a name is never without a record in between. */
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

/** Publishes with `nsupdate`. The key is in a file that only this user can read. */
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
      // if nsupdate exits early, its exit status is the error
      running.child.stdin?.on("error", () => undefined).end(updateText(server, sets));
      await running;
    }
  };
}
