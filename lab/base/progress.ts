import { Listr } from "listr2";

/** Reports the progress of a task; replaces the last report. */
export type Report = (detail: string) => void;

export interface Task<Result = unknown> {
  readonly title: string;
  readonly run: (report: Report) => Promise<Result>;
  /**
   * The text beside the title when the task is done.
   *
   * @default the result if it is a string, otherwise `done`
   */
  readonly shows?: (result: Result) => string;
}

export interface Progress {
  /**
   * Runs tasks one after another, or all at once if `together` is set. Shows each task's progress and duration.
   *
   * @returns the results, in the order of the tasks
   */
  run<Results extends readonly unknown[]>(
    tasks: readonly [...{ [K in keyof Results]: Task<Results[K]> }],
    options?: { readonly together?: boolean },
  ): Promise<Results>;
}

/** Seconds between two lines about a running task, without a terminal. */
const lineInterval = 15;

/** Runs a task. Shows its progress every so many seconds, and its result at the end. */
async function follow(task: Task, every: number, tell: (state: string) => void, now = Date.now): Promise<unknown> {
  const { run, shows = (result) => (typeof result === "string" ? result : "done") } = task;
  const begin = now();
  const show = (what: string) => tell(`${what} (${Math.round((now() - begin) / 1000)} s)`);
  let detail = "working";
  const timer = setInterval(() => show(detail), every * 1000);
  try {
    const result = await run((text) => (detail = text));
    show(shows(result));
    return result;
  } catch (error) {
    show("failed");
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Prints lines with the seconds since the start: for logs, pipes and CI. */
export function plainProgress(write: (line: string) => void, now: () => number = Date.now): Progress {
  const start = now();
  const say = (line: string) => write(`[${String(Math.round((now() - start) / 1000)).padStart(4)} s] ${line}\n`);
  const runOne = (task: Task) => {
    say(`${task.title} …`);
    return follow(task, lineInterval, (state) => say(`${task.title}: ${state}`), now);
  };
  return {
    async run(tasks, { together = false } = {}) {
      const running: Promise<unknown>[] = [];
      for (const task of tasks) {
        running.push(runOne(task));
        if (!together) await running.at(-1);
      }
      // wait for all of them, so that none still runs when the error is thrown
      await Promise.allSettled(running);
      return (await Promise.all(running)) as never;
    },
  };
}

/** Redraws a list in place: for a person at a terminal. */
const terminalProgress: Progress = {
  async run(tasks, { together = false } = {}) {
    const running: Promise<unknown>[] = [];
    const list = new Listr(
      tasks.map((task) => ({
        title: task.title,
        task: async (_, shown) => {
          let state = "";
          running.push(follow(task, 1, (text) => (shown.output = state = text)));
          await running.at(-1);
          shown.title = `${task.title}: ${state}`;
        },
      })),
      {
        concurrent: together,
        exitOnError: true,
        // listr2's handler would exit at once, before the running tasks have ended
        registerSignalListeners: false,
        rendererOptions: { collapseErrors: true, showErrorMessage: false },
      },
    );
    try {
      await list.run();
    } finally {
      // wait for all of them, so that none still runs when the error is thrown
      await Promise.allSettled(running);
    }
    return (await Promise.all(running)) as never;
  },
};

export function progressFor(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? terminalProgress : plainProgress((line) => stream.write(line));
}
