import { readFileSync } from "node:fs";
import type { DialledHost } from "../host/host";
import { knownHostsName } from "../host/known-hosts";
import { pinnedKey } from "../host/pinned-key";
import { sshHost } from "../host/ssh-host";
import { whyUnusable } from "./addresses";
import type { Draft } from "./draft";
import { keyOf, type Mistake } from "./mistakes";
import { isDialled } from "./names";
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

/** A host that known_hosts has to know. */
interface Known {
  readonly address: string;
  readonly port: number;
  /** As a message names it. */
  readonly title: string;
}

/** Every address once: the hosts', and the jump host's. */
function hostsToKnow(draft: Draft): Known[] {
  const port = draft.number(["ssh", "port"], 22);
  const machines = draft
    .allMachines()
    .flatMap(({ address, name = "a host" }) =>
      address === undefined || whyUnusable(address.address) !== undefined
        ? []
        : [{ address: address.text, port, title: `${name} (${knownHostsName(address.text, port)})` }],
    );
  const jump = draft.text("ssh", "proxyJump", "host");
  const jumpPort = draft.number(["ssh", "proxyJump", "port"], 22);
  const all =
    jump === undefined || !isDialled(jump)
      ? machines
      : [...machines, { address: jump, port: jumpPort, title: `the jump host (${knownHostsName(jump, jumpPort)})` }];
  const first = new Map(all.toReversed().map((one) => [knownHostsName(one.address, one.port), one]));
  return all.filter((one) => first.get(knownHostsName(one.address, one.port)) === one);
}

function checkKnownHosts(draft: Draft, given: string): Mistake[] {
  const key = keyOf(["ssh", "knownHostsFile"]);
  const path = absolutePath(given);
  const hosts = hostsToKnow(draft);
  const unreadable = whyUnreadable(path);
  const scan = (unknown: readonly Known[]) => {
    const ports = [...new Set(unknown.map(({ port }) => port))];
    const lines = ports.map((port) => {
      const addresses = unknown.filter((one) => one.port === port).map(({ address }) => address);
      return `Run \`${keyscan(addresses, port, path)}\`.`;
    });
    return [...lines, verify].join("\n");
  };
  if (unreadable !== undefined) {
    return [{ key, value: given, what: unreadable, todo: scan(hosts) }];
  }
  const knownHosts = readFileSync(path, "utf8");
  const verdicts = hosts.flatMap((host) => {
    const pinned = pinnedKey(knownHosts, host.address, host.port);
    return "missing" in pinned ? [{ ...host, missing: pinned.missing }] : [];
  });
  const unknown = verdicts.filter(({ missing }) => missing === "unknown");
  const certified = verdicts.filter(({ missing }) => missing === "certified");
  const revoked = verdicts.filter(({ missing }) => missing === "revoked");
  const titles = (all: readonly Known[]) => all.map(({ title }) => title).join(", ");
  return [
    ...(unknown.length === 0
      ? []
      : [{ key, value: given, what: `holds no key of ${titles(unknown)}`, todo: scan(unknown) }]),
    ...(certified.length === 0
      ? []
      : [
          {
            key,
            value: given,
            what: `holds only an authority (@cert-authority) for ${titles(certified)}: the command plugin checks no host certificate`,
            todo: `Add each host's own key, which is pinned. ${scan(certified)}`,
          },
        ]),
    ...revoked.map(({ title }) => ({
      key,
      value: given,
      what: `marks every key of ${title} as revoked`,
      todo: "Give the host new keys, verify them on its console and add them; do not take the mark away.",
    })),
  ];
}

/** Exactly one of a key file and the agent logs in: the command plugin asks the agent only where it has no key. */
function checkLogin(draft: Draft): Mistake[] {
  const file = draft.text("ssh", "privateKeyFile");
  const usesAgent = draft.value("ssh", "agent") === true;
  if (file === undefined) {
    return usesAgent || draft.value("ssh") === undefined || draft.value("ssh", "privateKeyFile") !== undefined
      ? []
      : [
          {
            key: keyOf(["ssh", "privateKeyFile"]),
            what: "is missing",
            todo: `Name the private key that logs in on every host, or set ${keyOf(["ssh", "agent"])} to true.`,
          },
        ];
  }
  return usesAgent
    ? [
        {
          key: keyOf(["ssh", "privateKeyFile"]),
          value: file,
          what: "is given beside ssh.agent: true, with which the keys of the ssh agent log in",
          todo: "Take one of the two out.",
        },
      ]
    : checkPrivateKey(file);
}

/** Mistakes in how hosts are reached: the key's file, and who of the hosts is not in known_hosts. */
export function checkSsh(draft: Draft): Mistake[] {
  const knownHosts = draft.text("ssh", "knownHostsFile");
  return [...checkLogin(draft), ...(knownHosts === undefined ? [] : checkKnownHosts(draft, knownHosts))];
}

/** Makes hosts of a checked configuration's machines, each with its pinned key. */
export function hostMaker(ssh: StackConfiguration["ssh"]): (machine: { name: string; address: string }) => DialledHost {
  return ({ name, address }) => sshHost({ ...ssh, name, address });
}
