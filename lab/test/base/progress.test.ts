import { plainProgress, progressFor, type Task } from "../../base/progress";

/** A clock that the test moves, and the lines that were written. */
function shown() {
  const clock = { now: 1_000_000 };
  const lines: string[] = [];
  const progress = plainProgress(
    (line) => lines.push(line),
    () => clock.now,
  );
  const lasting = (title: string, seconds: number, result?: unknown): Task => ({
    title,
    run: () => {
      clock.now += seconds * 1000;
      return Promise.resolve(result);
    },
  });
  return { clock, lines, progress, lasting };
}
const failing = (title: string, message: string): Task => ({ title, run: () => Promise.reject(new Error(message)) });

test("each line has the seconds since the start, and each result those of its task", async () => {
  const { lines, progress, lasting } = shown();
  await progress.run([lasting("create the hosts", 65.4, "9 hosts"), lasting("look", 2)]);
  await progress.run([lasting("again", 0, 7)]);
  expect(lines).toEqual([
    "[   0 s] create the hosts …\n",
    "[  65 s] create the hosts: 9 hosts (65 s)\n",
    "[  65 s] look …\n",
    "[  67 s] look: done (2 s)\n",
    "[  67 s] again …\n",
    "[  67 s] again: done (0 s)\n",
  ]);
});

test.each([false, true])(
  "results come in the tasks' order, and a task's `shows` gives the text (together: %s)",
  async (together) => {
    const { lines, progress } = shown();
    const slow = async () => {
      await new Promise((done) => setImmediate(done));
      return ["kube-proxy", "etcd"];
    };
    const results = await progress.run(
      [
        { title: "images", run: slow, shows: (images: readonly string[]) => `${images.length} images` },
        { title: "packages", run: () => Promise.resolve("/cache") },
      ],
      { together },
    );
    expect(results).toEqual([["kube-proxy", "etcd"], "/cache"]);
    expect(lines).toContain("[   0 s] images: 2 images (0 s)\n");
  },
);

test("a failed task is shown, its error is thrown, and no further task runs", async () => {
  const { lines, progress, lasting } = shown();
  const tasks = [lasting("first", 1), failing("second", "no space left"), lasting("third", 1)];
  await expect(progress.run(tasks)).rejects.toThrow("no space left");
  expect(lines.map((line) => line.trim())).toEqual([
    "[   0 s] first …",
    "[   1 s] first: done (1 s)",
    "[   1 s] second …",
    "[   1 s] second: failed (0 s)",
  ]);
});

test("together: all tasks begin at once, and all have ended when the first error is thrown", async () => {
  const { lines, progress } = shown();
  const order: string[] = [];
  let finish!: () => void;
  const slow: Task = {
    title: "slow",
    run: async () => {
      await new Promise<void>((done) => (finish = done));
      order.push("slow has ended");
    },
  };
  const running = progress.run([failing("bad", "the first"), slow, failing("worse", "the second")], { together: true });
  const ended = running.catch((error: unknown) => order.push((error as Error).message));
  expect(lines.map((line) => line.slice(9).trim())).toEqual(["bad …", "slow …", "worse …"]);
  await new Promise((done) => setImmediate(done));
  expect(order).toEqual([]);
  finish();
  await ended;
  expect(order).toEqual(["slow has ended", "the first"]);
  expect(lines.map((line) => line.slice(9).trim())).toContain("slow: done (0 s)");
});

describe("a long task", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test("shows its progress every 15 seconds until it has ended", async () => {
    const { clock, lines, progress } = shown();
    const pass = (seconds: number) => {
      clock.now += seconds * 1000;
      jest.advanceTimersByTime(seconds * 1000);
    };
    let finish!: () => void;
    const running = progress.run([
      {
        title: "build",
        async run(report) {
          pass(15);
          report("compiling");
          report("linking");
          pass(10);
          await new Promise<void>((done) => (finish = done));
        },
      },
    ]);
    pass(10);
    finish();
    await running;
    pass(60);
    expect(lines.map((line) => line.trim())).toEqual([
      "[   0 s] build …",
      "[  15 s] build: working (15 s)",
      "[  35 s] build: linking (35 s)",
      "[  35 s] build: done (35 s)",
    ]);
    expect(jest.getTimerCount()).toBe(0);
  });
});

test("without a terminal, lines are written to the stream", async () => {
  const written: string[] = [];
  const stream = { isTTY: false, write: (text: string) => written.push(text) > 0 };
  await progressFor(stream as unknown as NodeJS.WriteStream).run([{ title: "look", run: () => Promise.resolve() }]);
  expect(written).toEqual(["[   0 s] look …\n", "[   0 s] look: done (0 s)\n"]);
});

test("at a terminal too, an error is thrown after all concurrent tasks have ended", async () => {
  let end!: () => void;
  const lasting = new Promise<void>((done) => (end = done));
  let ended = false;
  const slow: Task = { title: "slow", run: () => lasting.then(() => (ended = true)) };
  const progress = progressFor({ isTTY: true } as unknown as NodeJS.WriteStream);
  const run = progress.run([failing("fast", "no space left"), slow], { together: true });
  setImmediate(end);
  await expect(run).rejects.toThrow("no space left");
  expect(ended).toBe(true);
  expect(await progress.run([{ title: "count", run: () => Promise.resolve(7) }])).toEqual([7]);
});
