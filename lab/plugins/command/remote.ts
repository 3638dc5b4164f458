import { constants } from "node:os";
import type { Client, ClientChannel } from "ssh2";
import type { Call, ResourceType } from "../protocol/resource";
import { dial } from "./dial";
import { identifier } from "./identifier";
import { asRemote, previousOutput, remoteInputs, type RemoteCommand } from "./inputs";
import { Transcript, type Output } from "./transcript";

/** `command:remote:Command`: a command that runs on a host over SSH, each time over a connection of its own. */
export const remoteCommand: ResourceType<unknown> = {
  inputs: remoteInputs,
  outputs: { stdout: "volatile", stderr: "volatile" },
  async create(inputs, call) {
    const command = asRemote(inputs);
    const id = identifier(call.name);
    return { id, outputs: { ...inputs, ...(await runIfAny(command, command.create, call)) } };
  },
  async update(_id, state, inputs, call) {
    const command = asRemote({ ...inputs, stdout: state["stdout"] ?? "", stderr: state["stderr"] ?? "" });
    return { ...inputs, ...(await runIfAny(command, command.update ?? command.create, call)) };
  },
  async delete(_id, state, call) {
    const command = asRemote(state);
    await runIfAny(command, command.delete, call);
  },
};

async function runIfAny(command: RemoteCommand, line: string | undefined, call: Call<unknown>): Promise<Output> {
  const { stdout = "", stderr = "" } = command;
  return line === undefined ? { stdout, stderr } : run(command, line, call);
}

async function run(command: RemoteCommand, line: string, call: Call<unknown>): Promise<Output> {
  const client = await dial(command.connection, call);
  const cancel = () => client.destroy();
  call.signal.addEventListener("abort", cancel, { once: true });
  try {
    return await execute(client, command, line, call);
  } finally {
    call.signal.removeEventListener("abort", cancel);
    client.end();
  }
}

async function execute(client: Client, command: RemoteCommand, line: string, call: Call<unknown>): Promise<Output> {
  const transcript = new Transcript(command.logging, call.progress);
  const reason = await new Promise<string | undefined>((resolve, reject) => {
    // sshd drops variables that its AcceptEnv does not name; the official plugin offers these all the same.
    client.exec(line, { env: previousOutput(command) }, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      // Listeners first, and within this call: a short command's end may be in the packet that is being read.
      void endOf(channel, client).then(resolve);
      channel.on("data", (chunk: Buffer) => transcript.add("stdout", chunk));
      channel.stderr.on("data", (chunk: Buffer) => transcript.add("stderr", chunk));
      // A command may end without reading all of its input.
      channel.on("error", () => undefined);
      channel.end(command.stdin ?? "");
    });
  });
  const output = transcript.output();
  if (reason !== undefined) {
    throw transcript.failure(call.signal.aborted ? "the update was cancelled" : reason, line);
  }
  return output;
}

/** Why the command failed, once all of its output is there; undefined where it did not. */
function endOf(channel: ClientChannel, client: Client): Promise<string | undefined> {
  return new Promise((resolve) => {
    let reason: string | undefined = "wait: remote command exited without exit status or exit signal";
    channel.once("exit", (code: number | null, signal?: string) => {
      reason = code === 0 ? undefined : `Process exited with status ${code ?? signalled(signal)}`;
    });
    channel.once("close", () => resolve(reason));
    client.once("close", () => resolve(reason));
  });
}

/** A command that a signal ended, as the official plugin shows it: `137 from signal KILL`. */
function signalled(signal = ""): string {
  const name = signal.replace(/^SIG/, "");
  const number = Object.entries(constants.signals).find(([known]) => known === `SIG${name}`)?.[1] ?? 0;
  return `${128 + number} from signal ${name}`;
}
