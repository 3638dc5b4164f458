import { spawn } from "node:child_process";
import { commandType, outputOf } from "./command";

/** `command:local:Command`: runs a command with /bin/sh on Pulumi's machine, in the program's folder. */
export const localCommand = commandType({}, (line, command, call) => {
  const child = spawn("/bin/sh", ["-c", line], { signal: call.signal, killSignal: "SIGKILL" });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) =>
      resolve(code === 0 ? undefined : code === null ? `signal: ${signal}` : `exit status ${code}`),
    );
  });
  return outputOf(child, ended, line, command, call);
});
