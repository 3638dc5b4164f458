import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../host/host";
import { knownHostsName } from "../host/known-hosts";
import { HostSession } from "../host/session";
import { whyUnusable } from "./addresses";
import type { Draft } from "./draft";
import { pinnedKey } from "./known-hosts";
import { keyOf, type Mistake } from "./mistakes";
import { absolutePath, whyUnreadable } from "./paths";
import { checkPrivateKey } from "./private-key";
import type { StackConfiguration } from "./schema";

/** The command that asks hosts for their keys, for someone who then compares them with what the hosts' consoles show. */
function keyscan(addresses: readonly string[], port: number, file: string): string {
  const withPort = port === 22 ? "" : `-p ${port} `;
  return `ssh-keyscan ${withPort}-t ed25519 ${addresses.join(" ")} >> ${file}`;
}

const verify =
  "Then compare each key with what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints on the host's own console.";

function checkKnownHosts(draft: Draft, given: string): Mistake[] {
  const path = absolutePath(given);
  const port = draft.number(["ssh", "port"], 22);
  const addressed = draft
    .allMachines()
    .flatMap(({ address, name }) =>
      address === undefined || whyUnusable(address.address) !== undefined ? [] : [{ ...address, name }],
    );
  const unreadable = whyUnreadable(path);
  const scan = (addresses: readonly string[]) => `Run \`${keyscan(addresses, port, path)}\`.\n${verify}`;
  if (unreadable !== undefined) {
    const all = [...new Set(addressed.map(({ text }) => text))];
    return [{ key: keyOf(["ssh", "knownHostsFile"]), value: given, what: unreadable, todo: scan(all) }];
  }
  const knownHosts = readFileSync(path, "utf8");
  const seen = new Set<string>();
  const verdicts = addressed.flatMap((machine) => {
    const pinned = pinnedKey(knownHosts, machine.text, port);
    const fresh = !seen.has(machine.text);
    seen.add(machine.text);
    return fresh && "missing" in pinned ? [{ ...machine, missing: pinned.missing }] : [];
  });
  const unknown = verdicts.filter(({ missing }) => missing === "unknown");
  const revoked = verdicts.filter(({ missing }) => missing === "revoked");
  const titled = ({ name, text }: { name?: string; text: string }) =>
    `${name ?? "a host"} (${knownHostsName(text, port)})`;
  return [
    ...(unknown.length === 0
      ? []
      : [
          {
            key: keyOf(["ssh", "knownHostsFile"]),
            value: given,
            what: `holds no key of ${unknown.map(titled).join(", ")}`,
            todo: scan(unknown.map(({ text }) => text)),
          },
        ]),
    ...revoked.map((machine) => ({
      key: keyOf(["ssh", "knownHostsFile"]),
      value: given,
      what: `marks every key of ${titled(machine)} as revoked`,
      todo: "Give the host new keys, verify them on its console and add them; do not take the mark away.",
    })),
  ];
}

/** Mistakes in how hosts are reached: the key's file, and who of the hosts is not in known_hosts. */
export function checkSsh(draft: Draft): Mistake[] {
  const key = draft.text("ssh", "privateKeyFile");
  const knownHosts = draft.text("ssh", "knownHostsFile");
  return [
    ...(key === undefined ? [] : checkPrivateKey(key)),
    ...(knownHosts === undefined ? [] : checkKnownHosts(draft, knownHosts)),
  ];
}

/** Makes hosts of a checked configuration's machines, each with its pinned key. */
export function hostMaker(ssh: StackConfiguration["ssh"]): (machine: { name: string; address: string }) => Host {
  const privateKeyFile = absolutePath(ssh.privateKeyFile);
  const knownHostsFile = absolutePath(ssh.knownHostsFile);
  const privateKey = pulumi.secret(readFileSync(privateKeyFile, "utf8"));
  const knownHosts = readFileSync(knownHostsFile, "utf8");
  return ({ name, address }) => {
    const pinned = pinnedKey(knownHosts, address, ssh.port);
    if ("missing" in pinned) {
      throw new Error(`${name}: ${knownHostsFile} changed while it was read`);
    }
    const access = {
      user: ssh.user,
      port: ssh.port,
      privateKey,
      privateKeyFile,
      hostKey: pinned.hostKey,
      knownHostsFile,
    };
    return { name, address, ssh: access, session: new HostSession() };
  };
}
