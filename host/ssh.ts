import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline, type Readable } from "node:stream";
import type { DialledHost } from "./host";
import { identityPath, type JumpHost, pinnedTo, sshOptions } from "./ssh-options";

/** What OpenSSH's client needs to connect to a host. */
export interface SshTarget {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Absolute path of the private key. Without file and key, the keys of the ssh agent are used. */
  readonly privateKeyFile?: string;
  /** Content of the private key, if the file may be missing. */
  readonly privateKey?: string;
  /** The pinned key, e.g. `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  readonly proxyJump?: JumpHost;
}

/** The target for a connection of the program itself, with the key's file or the ssh agent. */
export function targetOf({ name, address, ssh: { privateKey: _, ...access } }: DialledHost): SshTarget {
  return { ...access, name, address };
}

/** The result of a script on a host. */
export type Answer =
  | {
      readonly kind: "answered";
      readonly output: string;
      /** Text that a start file of the login shell printed before the script. */
      readonly greeting: string;
      /** Two times, in milliseconds since 1970, between which the script began. */
      readonly begun: readonly [number, number];
    }
  /** The host does not answer. */
  | { readonly kind: "unreachable"; readonly said: string }
  /** The host answers, but the script did not run to its end, e.g. a refused key, no sudo, or another login shell. */
  | { readonly kind: "failed"; readonly said: string };

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const silence = /timed out|Connection refused|No route to host|unreachable|Connection closed by|Connection reset by/;

/** Errors of a jump host about a host that does not answer. Other errors may be about the jump host itself. */
const silenceBehindJump = /open failed: connect failed|Connection to UNKNOWN port \d+ timed out/;

export interface SshLimits {
  /** For the script. */
  readonly seconds: number;
  /** For which a host that does not answer is dialled again. */
  readonly patienceSeconds: number;
  /** What the host may print; a script that prints more is ended. @default no limit */
  readonly mostBytes?: number;
}

/**
 * Runs bash text as root on a host, and returns its output without that of start files of the login shell. If the host
 * does not answer, it tries again for `patienceSeconds`.
 *
 * @param input follows the text on standard input: the script must read all of it. A second attempt is not possible then.
 */
export async function runOverSsh(
  target: SshTarget,
  text: string,
  { patienceSeconds, ...limits }: SshLimits,
  input?: Readable,
): Promise<Answer> {
  // the prefix of across-hosts.sh, which removes such folders of killed runs
  const folder = mkdtempSync(join(tmpdir(), "kube-control."));
  try {
    const args = sshArguments(target, folder);
    const end = Date.now() + patienceSeconds * 1000;
    for (;;) {
      const answer = await dial(target, args, text, limits, input);
      if (answer.kind !== "unreachable" || input !== undefined || Date.now() >= end) {
        return answer;
      }
      await pause(2000);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sshArguments(target: SshTarget, folder: string): string[] {
  const { address, port, user, hostKey, proxyJump } = target;
  const options = [
    ...sshOptions({ identityFile: identityIn(folder, target), proxyJump }),
    ...pinnedTo(address, { port, hostKey }),
  ];
  return ["-F", "none", ...options.flatMap((one) => ["-o", one]), "-p", String(port), `${user}@${address}`];
}

function identityIn(folder: string, { privateKey, privateKeyFile }: SshTarget): string | undefined {
  if (privateKey !== undefined) {
    const file = join(folder, "key");
    writeFileSync(file, privateKey, { mode: 0o600 });
    return identityPath(file);
  }
  return privateKeyFile === undefined ? undefined : identityPath(privateKeyFile);
}

function dial(
  target: SshTarget,
  args: readonly string[],
  text: string,
  { seconds, mostBytes = Infinity }: Omit<SshLimits, "patienceSeconds">,
  input?: Readable,
): Promise<Answer> {
  const mark = `@kube-control-${randomBytes(8).toString("hex")}`;
  const remote =
    `sh -c 'echo ${mark} begins; $([ "$(id -u)" = 0 ] || echo sudo -n) timeout --kill-after=5 ${seconds} bash -s; ` +
    `s=$?; echo; echo ${mark} ends $s; exit $s'`;
  return new Promise((resolve) => {
    const dialled = Date.now();
    let begun = dialled;
    let output = "";
    let errors = "";
    let received = 0;
    const silent = target.proxyJump === undefined ? silence : silenceBehindJump;
    const child = spawn("ssh", [...args, remote], { stdio: "pipe", env: process.env });
    const timer = setTimeout(() => child.kill("SIGKILL"), (seconds + 15) * 1000);
    const isTooMuch = (chunk: string) => {
      received += Buffer.byteLength(chunk);
      if (received > mostBytes) child.kill("SIGKILL");
      return received > mostBytes;
    };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      if (isTooMuch(chunk)) return;
      output += chunk;
      if (begun === dialled && output.includes(`${mark} begins\n`)) {
        begun = Date.now();
      }
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      if (!isTooMuch(chunk)) errors += chunk;
    });
    child.stdin.on("error", () => undefined);
    if (input === undefined) {
      child.stdin.end(text);
    } else {
      child.stdin.write(text);
      // if the input breaks, it ends here, and the script fails
      pipeline(input, child.stdin, () => undefined);
    }
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ kind: "failed", said: `cannot start ssh on this machine: ${error.message}` });
    });
    child.on("close", (status) => {
      clearTimeout(timer);
      resolve(judge(status));
    });

    function judge(status: number | null): Answer {
      const [greeting = "", afterBegin] = output.split(`${mark} begins\n`);
      const [body, afterEnd] = (afterBegin ?? "").split(`\n${mark} ends `);
      const said = lastLines(errors);
      if (received > mostBytes) {
        return { kind: "failed", said: `printed more than ${mostBytes} bytes` };
      }
      if (status === 0 && afterEnd !== undefined) {
        return { kind: "answered", output: body ?? "", greeting, begun: [dialled, begun] };
      }
      if (status === 255 && afterBegin === undefined && silent.test(errors)) {
        return { kind: "unreachable", said };
      }
      // 125: uutils' timeout before 0.8, with --kill-after
      if (afterBegin !== undefined && [124, 125, 137].includes(status ?? 137)) {
        return { kind: "failed", said: `timed out after ${seconds} s` };
      }
      return {
        kind: "failed",
        said:
          status === 0 || (afterBegin === undefined && status !== 255)
            ? `the login shell of ${target.user} did not run sh -c 'COMMAND'${said === "" ? "" : ` (${said})`}`
            : said || `exit ${status ?? "by a signal"}`,
      };
    }
  });
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-3).join("; ");
}
