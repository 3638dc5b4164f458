import type { Contestant } from "../../bench/up/contestants/contestant";
import { readRecap } from "../../bench/up/contestants/ansible";
import { runTrials } from "../../bench/up/trials";
import { plainProgress } from "../../base/progress";

const quiet = plainProgress(() => undefined);

test("each build begins clean and is verified; no-op runs follow, beside the baseline", async () => {
  const done: string[] = [];
  const note = (what: string) => () => {
    done.push(what);
    return Promise.resolve();
  };
  const contestant = (name: string, again = true): Contestant => ({
    name,
    prepare: note("prepare"),
    build: note(`build ${name}`),
    ...(again ? { again: note(`again ${name}`) } : {}),
  });
  const recorded: string[] = [];
  await runTrials({
    contestants: [contestant("ours"), contestant("bare", false)],
    trials: 2,
    clean: note("clean"),
    verify: note("verify"),
    baseline: { name: "empty", run: note("empty") },
    progress: quiet,
    record: (times, name) => recorded.push(`${times} ${name}`),
  });
  const ours = ["clean", "build ours", "verify", "again ours", "empty", "empty", "again ours"];
  const bare = ["clean", "build bare", "verify"];
  expect(done).toEqual([...ours, ...bare, ...bare, ...ours]);
  expect(recorded.filter((one) => one === "noop empty")).toHaveLength(4);
  expect(recorded.filter((one) => one.startsWith("full"))).toEqual([
    "full ours",
    "full bare",
    "full bare",
    "full ours",
  ]);
});

test("a failed build ends the trials, and is not recorded", async () => {
  const recorded: string[] = [];
  const broken: Contestant = {
    name: "broken",
    prepare: () => Promise.resolve(),
    build: () => Promise.reject(new Error("no")),
  };
  const nothing = () => Promise.resolve();
  const record = (times: string) => recorded.push(times);
  await expect(
    runTrials({ contestants: [broken], trials: 3, clean: nothing, verify: nothing, progress: quiet, record }),
  ).rejects.toThrow("no");
  expect(recorded).toEqual([]);
});

test("the playbook's recap is read", () => {
  const output = `TASK [x] ****
changed: [k8s-master1]

PLAY RECAP *********************************************************************
k8s-master1                : ok=41   changed=18   unreachable=0    failed=0    skipped=3    rescued=0    ignored=0
localhost                  : ok=12   changed=6    unreachable=0    failed=1    skipped=1    rescued=0    ignored=0
`;
  expect(readRecap(output)).toEqual([
    { host: "k8s-master1", changed: 18, unreachable: 0, failed: 0 },
    { host: "localhost", changed: 6, unreachable: 0, failed: 1 },
  ]);
  expect(readRecap("ERROR! no such file")).toEqual([]);
});
