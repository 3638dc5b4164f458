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

/** Runs a task, and shows every so many seconds how far it is; gives what it came to. */
async function follow(task: Task, every: number, show: (state: string) => void, now = Date.now): Promise<string> {
  const begin = now();
  const lasting = (what: string) => `${what} (${Math.round((now() - begin) / 1000)} s)`;
  let detail = "working";
  const timer = setInterval(() => show(lasting(detail)), every * 1000);
  try {
    const result = await task.run((text) => (detail = text));
    return lasting(typeof result === "string" ? result : "done");
  } catch (error) {
    show(lasting("failed"));
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Lines with the seconds since the start: for logs, pipes and CI. */
export function plainProgress(write: (line: string) => void, now: () => number = Date.now): Progress {
  const start = now();
  const say = (line: string) => write(`[${String(Math.round((now() - start) / 1000)).padStart(4)} s] ${line}\n`);
  const runOne = async (task: Task) => {
    say(`${task.title} …`);
    const show = (state: string) => say(`${task.title}: ${state}`);
    show(await follow(task, stillRunning, show, now));
  };
  return {
    async run(tasks, { together = false } = {}) {
      if (!together) {
        for (const task of tasks) await runOne(task);
        return;
      }
      // all are waited for, so that nothing runs on behind an error
      const results = await Promise.allSettled(tasks.map(runOne));
      const failed = results.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
  };
}

/** A list that is redrawn in place: for a person at a terminal. */
const terminalProgress: Progress = {
  async run(tasks, { together = false } = {}) {
    const followed: Promise<string>[] = [];
    const list = new Listr(
      tasks.map((task) => ({
        title: task.title,
        task: async (_, shown) => {
          const result = follow(task, 1, (state) => (shown.output = state));
          followed.push(result);
          shown.title = `${task.title}: ${await result}`;
        },
      })),
      {
        concurrent: together,
        exitOnError: true,
        // its own would end this process at once, before what runs has ended
        registerSignalListeners: false,
        rendererOptions: { collapseErrors: true, showErrorMessage: false },
      },
    );
    try {
      await list.run();
    } finally {
      // all are waited for, so that nothing runs on behind an error
      await Promise.allSettled(followed);
    }
  },
};

export function progressFor(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? terminalProgress : plainProgress((line) => stream.write(line));
}
