import { Listr } from "listr2";

/** Tells how far a task is: replaces what it told before. */
export type Report = (detail: string) => void;

export interface Task {
  readonly title: string;
  /** What it gives back, where it is a text, is shown beside the title when it is done. */
  readonly run: (report: Report) => Promise<unknown>;
}

export interface Progress {
  /** Runs tasks, one after another or all at once, and shows what is being done, for how long, and how far. */
  run(tasks: readonly Task[], options?: { readonly together?: boolean }): Promise<void>;
}

/** Seconds between two lines about one task that is still running, where there is no terminal to redraw. */
const stillRunning = 15;

/** Lines with the seconds since the start: for logs, pipes and CI. */
export function plainProgress(write: (line: string) => void, now: () => number = Date.now): Progress {
  const start = now();
  const say = (line: string) => write(`[${String(Math.round((now() - start) / 1000)).padStart(4)} s] ${line}\n`);
  const runOne = async (task: Task) => {
    const begin = now();
    const seconds = () => `${Math.round((now() - begin) / 1000)} s`;
    let detail = "";
    say(`${task.title} …`);
    const timer = setInterval(() => say(`${task.title}: ${detail || "working"} (${seconds()})`), stillRunning * 1000);
    try {
      const result = await task.run((text) => (detail = text));
      say(`${task.title}: ${typeof result === "string" ? result : "done"} (${seconds()})`);
    } catch (error) {
      say(`${task.title}: failed (${seconds()})`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  };
  return {
    async run(tasks, { together = false } = {}) {
      if (together) {
        await allOrFirstError(tasks.map(runOne));
        return;
      }
      for (const task of tasks) {
        await runOne(task);
      }
    },
  };
}

/** A list that is redrawn in place: for a person at a terminal. */
function terminalProgress(): Progress {
  return {
    async run(tasks, { together = false } = {}) {
      await new Listr(
        tasks.map((task) => ({
          title: task.title,
          task: async (_, shown) => {
            const begin = Date.now();
            let detail = "";
            const draw = () => (shown.output = `${detail} (${Math.round((Date.now() - begin) / 1000)} s)`.trim());
            const timer = setInterval(draw, 1000);
            try {
              const result = await task.run((text) => {
                detail = text;
                draw();
              });
              shown.title = `${task.title}: ${typeof result === "string" ? result : "done"} (${Math.round((Date.now() - begin) / 1000)} s)`;
            } finally {
              clearInterval(timer);
            }
          },
        })),
        { concurrent: together, exitOnError: true, rendererOptions: { collapseErrors: true, showErrorMessage: false } },
      ).run();
    },
  };
}

export function progressFor(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? terminalProgress() : plainProgress((line) => stream.write(line));
}

/** Waits for all, so that nothing runs on behind an error, and then throws the first one. */
async function allOrFirstError(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    throw failed.reason;
  }
}
