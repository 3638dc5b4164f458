import { randomBytes } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import type { Call, ResourceType } from "../protocol/resource";
import { choice, flag, list, required, text, type Fields } from "../protocol/schema";
import type { Properties } from "../protocol/value";

/** One end of an SSH connection. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** @default the keys of the agent at SSH_AUTH_SOCK */
  readonly privateKey?: string;
  /** Public key in the format of known_hosts. */
  readonly hostKey: string;
  /** Failed dials before giving up. */
  readonly dialErrorLimit: number;
  /** Seconds. */
  readonly perDialTimeout: number;
}

export interface Connection extends Endpoint {
  /** The jump host. */
  readonly proxy?: Endpoint;
}

/** A command's properties, already checked against the schema. */
export interface Command {
  /** Set for a remote command. */
  readonly connection: Connection;
  readonly create?: string;
  readonly update?: string;
  readonly delete?: string;
  readonly stdin?: string;
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line with the command's input. */
export type Run = (line: string, command: Command, call: Call<unknown>) => Promise<Output>;

const phases: Fields = {
  create: text,
  update: text,
  delete: text,
  triggers: { ...list(text), replaces: true },
  stdin: text,
  logging: required(choice("none")),
  addPreviousOutputInEnv: flag,
};

/** A resource type for commands: `run` runs them, and `more` are the inputs that it needs. */
export function commandType(more: Fields, run: Run): ResourceType<unknown> {
  async function outputs(line: string | undefined, inputs: Properties, state: Properties, call: Call<unknown>) {
    const { stdout = "", stderr = "" } = state;
    const output = line === undefined ? { stdout, stderr } : await run(line, asCommand(inputs), call);
    return { ...inputs, ...output };
  }
  return {
    inputs: { ...phases, ...more },
    check({ addPreviousOutputInEnv }) {
      const property = "addPreviousOutputInEnv";
      const reason = `"${property}" must be false: this stand-in does not pass the previous output to the command`;
      return addPreviousOutputInEnv === false ? [] : [{ property, reason }];
    },
    async create(inputs, call) {
      // The name and eight random hexadecimal digits, as in the official plugin.
      const id = `${call.name}${randomBytes(4).toString("hex")}`;
      return { id, outputs: await outputs(asCommand(inputs).create, inputs, {}, call) };
    },
    async update(_id, state, inputs, call) {
      const { update, create } = asCommand(inputs);
      return outputs(update ?? create, inputs, state, call);
    },
    async delete(_id, state, call) {
      await outputs(asCommand(state).delete, state, state, call);
    },
  };
}

const asCommand = (properties: Properties) => properties as unknown as Command;

/** The streams of a running command. */
interface Streams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/**
 * Writes a command's input and collects its output. It attaches its listeners before it returns, so that the output of a short
 * command is not lost.
 *
 * @param ended resolves when all output has arrived: to the reason of a failure, or to undefined
 * @throws Error with the command line and its output, in the format of the official plugin
 */
export async function outputOf(
  { stdin, stdout, stderr }: Streams,
  ended: Promise<string | undefined>,
  line: string,
  command: Command,
  { signal }: Call<unknown>,
): Promise<Output> {
  const printed = { stdout: [] as Buffer[], stderr: [] as Buffer[], both: [] as Buffer[] };
  for (const [name, stream] of [["stdout", stdout] as const, ["stderr", stderr] as const]) {
    stream.on("data", (chunk: Buffer) => [printed[name], printed.both].forEach((chunks) => chunks.push(chunk)));
  }
  // A command may exit before it reads all of its input.
  stdin.on("error", () => undefined);
  stdin.end(command.stdin ?? "");
  const reason = await ended;
  const textOf = (chunks: Buffer[]) => Buffer.concat(chunks).toString();
  if (reason !== undefined) {
    const shown = signal.aborted ? "the update was cancelled" : reason;
    throw new Error(`${shown}: running ${JSON.stringify(line)}:\n${textOf(printed.both)}`);
  }
  const trimmed = (chunks: Buffer[]) => textOf(chunks).replace(/\n$/, "");
  return { stdout: trimmed(printed.stdout), stderr: trimmed(printed.stderr) };
}
