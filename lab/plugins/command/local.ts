import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import type { Call, ResourceType } from "../protocol/resource";
import { identifier } from "./identifier";
import { asLocal, localInputs, previousOutput, type LocalCommand } from "./inputs";
import { Transcript, type Output } from "./transcript";

/** `command:local:Command`: a command that runs beside Pulumi, in the program's folder unless `dir` names another. */
export const localCommand: ResourceType<unknown> = {
  inputs: localInputs,
  outputs: { stdout: "volatile", stderr: "volatile" },
  async create(inputs, call) {
    const command = asLocal(inputs);
    return { id: identifier(call.name), outputs: { ...inputs, ...(await runIfAny(command, command.create, call)) } };
  },
  async update(_id, state, inputs, call) {
    const command = asLocal({ ...inputs, stdout: state["stdout"] ?? "", stderr: state["stderr"] ?? "" });
    return { ...inputs, ...(await runIfAny(command, command.update ?? command.create, call)) };
  },
  async delete(_id, state, call) {
    const command = asLocal(state);
    await runIfAny(command, command.delete, call);
  },
};

async function runIfAny(command: LocalCommand, line: string | undefined, call: Call<unknown>): Promise<Output> {
  const { stdout = "", stderr = "" } = command;
  return line === undefined ? { stdout, stderr } : run(command, line, call);
}

async function run(command: LocalCommand, line: string, call: Call<unknown>): Promise<Output> {
  const [program = "/bin/sh", ...args] = command.interpreter?.length ? command.interpreter : ["/bin/sh", "-c"];
  const transcript = new Transcript(command.logging, call.progress);
  if (command.dir !== undefined && !statSync(command.dir, { throwIfNoEntry: false })?.isDirectory()) {
    throw transcript.failure(`chdir ${command.dir}: no such file or directory`, line);
  }
  const child = spawn(program, [...args, line], {
    cwd: command.dir,
    env: { ...process.env, ...command.environment, ...previousOutput(command) },
    signal: call.signal,
    killSignal: "SIGKILL",
  });
  child.stdout.on("data", (chunk: Buffer) => transcript.add("stdout", chunk));
  child.stderr.on("data", (chunk: Buffer) => transcript.add("stderr", chunk));
  // A command may end without reading all of its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(command.stdin ?? "");
  const reason = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "ENOENT" ? `exec: "${program}": executable file not found in $PATH` : error.message),
    );
    child.once("close", (code, signal) =>
      resolve(code === 0 ? undefined : code === null ? `signal: ${signalName(signal)}` : `exit status ${code}`),
    );
  });
  const output = transcript.output();
  if (reason !== undefined) {
    throw transcript.failure(reason, line);
  }
  return output;
}

/** A signal as the official plugin names it. */
function signalName(signal: NodeJS.Signals | null): string {
  const names: Partial<Record<NodeJS.Signals, string>> = {
    SIGKILL: "killed",
    SIGTERM: "terminated",
    SIGINT: "interrupt",
    SIGHUP: "hangup",
    SIGSEGV: "segmentation fault",
    SIGABRT: "aborted",
  };
  return signal === null ? "unknown" : (names[signal] ?? signal);
}
