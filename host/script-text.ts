import { knownHostsLine } from "./known-hosts";
import { shellAssignments } from "./shell";
import { type JumpHost, sshOptions } from "./ssh-options";

// The text of a script, from values that are known. Pulumi's SDK is not needed for it.

/** The parts of a script. `ScriptArgs` describes them. */
export interface ScriptParts {
  /** Name in errors: the host on which the script runs, or which it is about. */
  readonly where: string;
  readonly step: string;
  /** Text of prelude.sh. */
  readonly prelude: string;
  /** Bash text with the functions that the script's argument names. */
  readonly script: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** @default 600 */
  readonly timeoutSeconds?: number;
  /** @default true */
  readonly lock?: boolean;
}

/** The complete text that bash reads on standard input: variables, prelude, script, and the call of its function. */
export function scriptText({ where, step, prelude, script, variables, secrets = {}, ...limits }: ScriptParts): string {
  return [
    shellAssignments({
      ...variables,
      ...secrets,
      KC_HOST: where,
      KC_STEP: step,
      KC_TIMEOUT: String(limits.timeoutSeconds ?? 600),
      KC_LOCK: (limits.lock ?? true) ? "1" : "0",
      KC_SECRETS: Object.keys(secrets).sort().join(" "),
    }),
    prelude,
    script,
    'run_phase "$1"\n',
  ].join("\n");
}

/** A host to which a script on the operator's machine connects. */
export interface Reached {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** The pinned key, e.g. `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
}

/** How such a script logs in on its hosts. */
export interface Login {
  /** Value of ssh's option IdentityFile. @default the keys of the ssh agent are used */
  readonly identityFile?: string;
  readonly proxyJump?: JumpHost;
}

/** The variables of across-hosts.sh, without the private key. */
export function acrossHostsVariables(hosts: readonly Reached[], { identityFile, proxyJump }: Login) {
  return {
    KC_HOSTS: hosts.map(({ name, user, address, port }) => `${name} ${user}@${address}:${port}`).join("\n"),
    KC_KNOWN_HOSTS: hosts.map(({ address, ...pin }) => knownHostsLine(address, pin)).join(""),
    KC_SSH_OPTIONS: sshOptions({ identityFile, proxyJump }).join("\n"),
    KC_JUMP: proxyJump?.host ?? "",
  };
}
