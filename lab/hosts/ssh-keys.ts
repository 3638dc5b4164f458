import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "../base/place";
import { run } from "../base/process";
import type { Machine } from "./stack";

export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export interface SshKeys {
  /** Lets the program and the user in on every host. */
  readonly user: KeyPair;
  /** Each host's own, by its name. */
  readonly hosts: ReadonlyMap<string, KeyPair>;
}

export const sshFolder = (place: Place) => join(place.folder, "ssh");

/** Makes the keys that are missing, and known_hosts from them: complete before any host has booted. */
export async function needSshKeys(place: Place, hosts: readonly Machine[]): Promise<SshKeys> {
  const folder = sshFolder(place);
  mkdirSync(join(folder, "hosts"), { recursive: true, mode: 0o700 });
  const user = await needKeyPair(join(folder, "id_ed25519"), "kube-control lab");
  const keys = new Map<string, KeyPair>();
  for (const { name } of hosts) {
    keys.set(name, await needKeyPair(join(folder, "hosts", name), name));
  }
  const lines = hosts.flatMap(({ name, address }) => {
    const [type, key] = keys.get(name)?.publicKey.split(" ") ?? [];
    return [`${address} ${type} ${key}`, `${name} ${type} ${key}`];
  });
  writeFileSync(join(folder, "known_hosts"), `${lines.join("\n")}\n`);
  return { user, hosts: keys };
}

async function needKeyPair(file: string, comment: string): Promise<KeyPair> {
  if (!existsSync(file)) {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file], {
      todo: "Install OpenSSH's client (apt-get install openssh-client).",
    });
  }
  return { privateKey: readFileSync(file, "utf8"), publicKey: readFileSync(`${file}.pub`, "utf8") };
}
