import type { CheckResult, CreateResult, DiffResult, UpdateResult } from "@pulumi/pulumi/provider";
import {
  confirmVariable,
  type ListedHost,
  partByTokens,
  refusalMessage,
  refusals,
  type StackIdentity,
} from "../components/identity/changes";
import type { Warn } from "./engine-log";

/** The inputs that the program gives. */
export interface IdentityInputs extends StackIdentity {
  /**
   * The identity as read from the hosts, at `up` only. It is used instead of the state, for a stack that was built by a
   * version without this resource. It is not stored.
   */
  readonly observed?: StackIdentity;
  /**
   * What a destroy may have left on hosts, a line each. If the stack is not in the state yet, the check fails with
   * these lines, so that nothing is recorded. They are not stored.
   */
  readonly leftovers?: readonly string[];
}

export interface IdentityOutputs extends StackIdentity {
  /** Masters that were listed earlier: one of them may still be a member of the cluster. */
  readonly former: readonly ListedHost[];
  /** Time at which the stack was first recorded, in milliseconds since 1970. */
  readonly recordedAt: number;
  /** Settings whose last change was confirmed by a token. */
  readonly confirmed: readonly string[];
}

const isEmpty = (olds: object | undefined) => olds === undefined || Object.keys(olds).length === 0;

/** Refuses changes, already at preview. It connects to no host. */
export async function check(
  warn: Warn,
  urn: string,
  olds: StackIdentity | undefined,
  { observed, leftovers = [], ...news }: IdentityInputs,
): Promise<CheckResult> {
  if (isEmpty(olds) && leftovers.length > 0) {
    return { inputs: news, failures: [{ property: "", reason: leftovers.join("\n") }] };
  }
  const before = isEmpty(olds) ? observed : olds;
  // a preview surveys no host: keep the machines and the authority that are known
  const inputs: StackIdentity =
    before === undefined
      ? news
      : {
          ...news,
          machines: { ...only(before.machines, news.hosts), ...news.machines },
          authority: news.authority === "" ? before.authority : news.authority,
        };
  if (before === undefined) {
    return { inputs };
  }
  const { refused, passed } = partByTokens(refusals(before, inputs, isEmpty(olds)), process.env[confirmVariable] ?? "");
  const message = refusalMessage(refused);
  if (message !== undefined) {
    return { inputs, failures: [{ property: "", reason: message }] };
  }
  for (const one of passed) {
    await warn(urn, `kube-control:${one.setting}: ${one.before} → ${one.after} is confirmed. You lose: ${one.lost}.`);
  }
  return { inputs: { ...inputs, confirmed: passed.map(({ setting }) => setting) } };
}

function only(machines: StackIdentity["machines"], hosts: readonly ListedHost[]): Record<string, string> {
  return Object.fromEntries(Object.entries(machines).filter(([name]) => hosts.some((host) => host.name === name)));
}

/**
 * A change of machines or authority is stored without an update, except for a host that is surveyed for the first time.
 */
export function diff(olds: IdentityOutputs, news: StackIdentity): DiffResult {
  const told = ({ decided, initOnly, hosts }: StackIdentity) => JSON.stringify([decided, initOnly, hosts]);
  const isNew = (host: string) => !(host in olds.machines);
  return { changes: told(olds) !== told(news) || Object.keys(news.machines).some(isNew) };
}

type Checked = StackIdentity & { readonly confirmed?: readonly string[] };

export function create(news: Checked): CreateResult {
  const outs: IdentityOutputs = { ...news, former: [], confirmed: news.confirmed ?? [], recordedAt: Date.now() };
  return { id: "identity", outs };
}

export function update(olds: IdentityOutputs, news: Checked): UpdateResult {
  const isMaster = ({ role }: ListedHost) => role === "master";
  const listed = (host: ListedHost) => news.hosts.some(({ address }) => address === host.address);
  const former = [...olds.former, ...olds.hosts.filter(isMaster)].filter((host) => !listed(host));
  const unique = [...new Map(former.map((host) => [host.address, host])).values()];
  const outs: IdentityOutputs = {
    ...news,
    former: unique,
    confirmed: news.confirmed ?? [],
    recordedAt: olds.recordedAt,
  };
  return { outs };
}
