import { constants } from "node:os";
import type { Client, ClientChannel } from "ssh2";
import { number, record, required, text } from "../protocol/schema";
import { commandType, outputOf, type Run } from "./command";
import { dial } from "./dial";

const endpoint = {
  host: required(text),
  port: required(number),
  user: required(text),
  privateKey: text,
  hostKey: required(text),
  dialErrorLimit: required(number),
  perDialTimeout: required(number),
};

const connection = record({ ...endpoint, proxy: record(endpoint) });

/** `command:remote:Command`: runs a command on a host over SSH, with a new connection each time. */
export const remoteCommand = commandType({ connection: required(connection) }, async (line, command, call) => {
  const client = await dial(command.connection, call);
  const cancel = () => client.destroy();
  call.signal.addEventListener("abort", cancel, { once: true });
  try {
    // the login does not check the signal
    call.signal.throwIfAborted();
    return await execute(client, line, command, call);
  } finally {
    call.signal.removeEventListener("abort", cancel);
    client.end();
  }
});

function execute(client: Client, ...[line, command, call]: Parameters<Run>): ReturnType<Run> {
  return new Promise((resolve, reject) => {
    client.exec(line, (error, channel) => {
      if (error) {
        reject(call.signal.aborted ? (call.signal.reason as Error) : error);
        return;
      }
      // Attach the listeners now: the packet that is being read may already hold a short command's end.
      const streams = { stdin: channel, stdout: channel, stderr: channel.stderr };
      outputOf(streams, endOf(channel, client), line, command, call).then(resolve, reject);
    });
  });
}

/** Resolves when all output has arrived: to the reason of a failure, or to undefined. */
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

/** The status of a command that a signal ended, in the format of the official plugin: `137 from signal KILL`. */
function signalled(signal = ""): string {
  const numbers: Readonly<Record<string, number | undefined>> = constants.signals;
  const name = signal.replace(/^SIG/, "");
  return `${128 + (numbers[`SIG${name}`] ?? 0)} from signal ${name}`;
}
