import { Listr } from "listr2";

/** Tells how far a task is: replaces what it told before. */
export type Report = (detail: string) => void;

export interface Task<Result = unknown> {
  readonly title: string;
  readonly run: (report: Report) => Promise<Result>;
  /** The text that is shown beside the title after the task. Default: the result if it is a text, otherwise `done`. */
  readonly shows?: (result: Result) => string;
}

export interface Progress {
  /**
   * Runs tasks, one after another or all at once, and shows what is being done, for how long, and how far.
   *
   * @returns the tasks' results, in the order of the tasks
   */
  run<Results extends readonly unknown[]>(
    tasks: readonly [...{ [K in keyof Results]: Task<Results[K]> }],
    options?: { readonly together?: boolean },
  ): Promise<Results>;
}

/** Seconds between two lines about one task that is still running, where there is no terminal to redraw. */
const stillRunning = 15;

/** Runs a task, and tells every so many seconds how far it is, and at the end what it came to. */
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

/** Lines with the seconds since the start: for logs, pipes and CI. */
export function plainProgress(write: (line: string) => void, now: () => number = Date.now): Progress {
  const start = now();
  const say = (line: string) => write(`[${String(Math.round((now() - start) / 1000)).padStart(4)} s] ${line}\n`);
  const runOne = (task: Task) => {
    say(`${task.title} …`);
    return follow(task, stillRunning, (state) => say(`${task.title}: ${state}`), now);
  };
  return {
    async run(tasks, { together = false } = {}) {
      const running: Promise<unknown>[] = [];
      for (const task of tasks) {
        running.push(runOne(task));
        if (!together) await running.at(-1);
      }
      // all are waited for, so that nothing runs on behind an error
      await Promise.allSettled(running);
      return (await Promise.all(running)) as never;
    },
  };
}

/** A list that is redrawn in place: for a person at a terminal. */
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
        // its own would end this process at once, before what runs has ended
        registerSignalListeners: false,
        rendererOptions: { collapseErrors: true, showErrorMessage: false },
      },
    );
    try {
      await list.run();
    } finally {
      // all are waited for, so that nothing runs on behind an error
      await Promise.allSettled(running);
    }
    return (await Promise.all(running)) as never;
  },
};

export function progressFor(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? terminalProgress : plainProgress((line) => stream.write(line));
}
