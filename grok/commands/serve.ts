import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { PipelineFileError, readAnyPipelineFile } from "../pipeline/file";
import { allProcessors } from "../pipeline/definition";
import { serviceOf } from "../pipeline/origin";
import { EXAMPLE } from "../serve/example";
import { parsersOf, type Served } from "../serve/results";
import { pageServer } from "../serve/server";
import { type Command, CommandError, OK, UsageError } from "./command";

/** Only this machine reaches it. */
const ADDRESS = "127.0.0.1";

export const serve: Command = {
  usage: `grok serve [FILE] [--port N]

Serves a page for a browser on this machine, until Ctrl-C: the rules of a pipeline's Grok parsers on the left, log lines on the right.
While you type, it shows which rule matches each line, what it captures, where matching stops, and the log after the pipeline. The
lines are at first the samples of the file. Without FILE, it shows an example. It writes no file, and needs no network.

  --port N   port of 127.0.0.1 (default: a free port)
`,
  async run(args, { out }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { port: { type: "string", default: "0" } },
    });
    const [file, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError("give one file with a pipeline");
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65_535)
      throw new UsageError(`--port ${values.port} is not a port: use a number from 0 to 65535`);
    const server = pageServer(file === undefined ? EXAMPLE : servedFrom(file));
    await listen(server, port);
    out(`http://${ADDRESS}:${(server.address() as AddressInfo).port}/\nPress Ctrl-C to end.\n`);
    await interrupted();
    server.close();
    server.closeAllConnections();
    return OK;
  },
};

/** @throws CommandError if the file has no pipeline, or no rules to edit */
function servedFrom(path: string): Served {
  let file: ReturnType<typeof readAnyPipelineFile>;
  try {
    file = readAnyPipelineFile(path);
  } catch (error) {
    if (!(error instanceof PipelineFileError)) throw error;
    throw new CommandError(`${path} ${error.message}`);
  }
  const { pipeline, tests } = file;
  if (parsersOf(pipeline).length === 0)
    throw new CommandError(`${path} has no Grok parser that is enabled: give a pipeline whose rules can be edited`);
  const ofParsers = allProcessors(pipeline).flatMap((each) => (each.type === "grok-parser" ? each.samples : []));
  const lines = [...new Set([...tests.map(({ sample }) => sample), ...ofParsers])];
  return { ...file, lines, service: serviceOf(pipeline) };
}

/** @throws CommandError if the port cannot be used */
async function listen(server: Server, port: number): Promise<void> {
  try {
    await once(server.listen(port, ADDRESS), "listening");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === "EADDRINUSE" ? "is in use" : `cannot be used (${code ?? message})`;
    throw new CommandError(`port ${port} ${what}: choose another one with --port`);
  }
}

/** Ends with the first signal that ends a program. */
function interrupted(): Promise<unknown> {
  return new Promise((done) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, done);
  });
}
