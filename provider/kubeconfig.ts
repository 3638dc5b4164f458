import { createHash, X509Certificate } from "node:crypto";
import type { CreateResult, DiffResult, UpdateResult } from "@pulumi/pulumi/provider";
import { authorityOf } from "../components/control-plane/authority";
import { runOverSsh, type SshTarget } from "../host/ssh";
import type { Warn } from "./engine-log";
import { printable } from "./printable";
import { plain } from "./secrets";

export interface KubeconfigInputs {
  /** The first that answers as a master of the cluster is asked. */
  readonly hosts: readonly SshTarget[];
  /** How many times the hosts were repaired. */
  readonly generation: number;
  /** SHA-256 of the certificate authority's file on a master; "" or undefined: unknown. */
  readonly authority?: string;
  /** Seconds that the certificate must have left. */
  readonly renewBefore: number;
}

export interface KubeconfigOutputs extends KubeconfigInputs {
  readonly kubeconfig: string;
  /** The end of the client certificate (ISO 8601). */
  readonly expires: string;
}

/** The state of an earlier version's command has none of the outputs. */
export function diff(state: Partial<KubeconfigOutputs>, inputs: KubeconfigInputs, now = new Date()): DiffResult {
  const olds = plain(state) as Partial<KubeconfigOutputs>;
  const news = plain(inputs) as KubeconfigInputs;
  const isKnown = olds.kubeconfig !== undefined && olds.expires !== undefined;
  return {
    changes:
      !isKnown ||
      olds.generation !== news.generation ||
      isDue(olds.expires, news.renewBefore, now) ||
      hasOtherAuthority(olds.kubeconfig, olds.authority, news.authority),
  };
}

/** Whether the masters have another authority than when the kubeconfig was read. An earlier version did not store it. */
function hasOtherAuthority(kubeconfig: string, before = "", now = ""): boolean {
  const known = before === "" ? createHash("sha256").update(authorityOf(kubeconfig)).digest("hex") : before;
  return now !== "" && now !== known;
}

const isDue = (expires: string, renewBefore: number, now: Date) =>
  new Date(expires).getTime() - now.getTime() < renewBefore * 1000;

export async function create(warn: Warn, urn: string, inputs: KubeconfigInputs): Promise<CreateResult> {
  return { id: "kubeconfig", outs: await withKubeconfig(warn, urn, inputs) };
}

export async function update(warn: Warn, urn: string, inputs: KubeconfigInputs): Promise<UpdateResult> {
  return { outs: await withKubeconfig(warn, urn, inputs) };
}

const script = `set -eu
[ -e /var/lib/kube-control/member ] || { echo "it is not a member of the cluster" >&2; exit 1; }
cat /etc/kubernetes/admin.conf
`;

async function withKubeconfig(warn: Warn, urn: string, inputs: KubeconfigInputs): Promise<KubeconfigOutputs> {
  const { hosts, renewBefore } = plain(inputs) as KubeconfigInputs;
  const failures: string[] = [];
  for (const host of hosts) {
    const answer = await runOverSsh(host, script, { seconds: 30, patienceSeconds: 0, mostBytes: 100_000 });
    // an error never contains what the host printed: that may be a part of the kubeconfig
    if (answer.kind !== "answered") {
      failures.push(`${host.name}: ${printable(answer.said)}`);
      continue;
    }
    const expires = endOf(answer.output);
    if (expires === undefined) {
      failures.push(`${host.name}: /etc/kubernetes/admin.conf has no readable client certificate`);
      continue;
    }
    if (isDue(expires, renewBefore, new Date())) {
      await warn(
        urn,
        `the kubeconfig of ${host.name} expires at ${expires}, and was not renewed there: check ` +
          "kube-control-certificates.timer on the masters (npm run status)",
      );
    }
    return { ...inputs, kubeconfig: answer.output, expires };
  }
  throw new Error(
    `no master has a kubeconfig (${failures.join("; ")}): start a master, and run the same command again`,
  );
}

/** The end of a kubeconfig's first client certificate; undefined if there is none. */
export function endOf(kubeconfig: string): string | undefined {
  const [, data = ""] = /^ *client-certificate-data: *([A-Za-z0-9+/=]+) *$/m.exec(kubeconfig) ?? [];
  try {
    return new Date(new X509Certificate(Buffer.from(data, "base64")).validTo).toISOString();
  } catch {
    return undefined;
  }
}
