/** What somebody changes by hand on the hosts: a refresh names each change, and `up` corrects it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Drift, drifts, lostMember } from "../e2e/drifts";
import { type Finished, lab, onHost, pulumi, root, unattended } from "../e2e/driver";

const minutes = 60_000;

async function make({ host, line }: Drift): Promise<void> {
  await onHost(host, line);
}

/** The names of the drifts that a refresh did not name, each with its host. */
const missedBy = ({ stdout }: Finished, made: readonly Drift[]) =>
  made.filter(
    ({ host, reported }) => !stdout.split("\n").some((line) => line.includes(`${host}: `) && line.includes(reported)),
  );

const refresh = () => pulumi(["refresh", "--yes", "--non-interactive"]);
const nightly = () => pulumi(["preview", "--refresh", "--expect-no-changes", "--non-interactive"]);

/** Until nothing differs: a service that was just started may need some seconds. */
async function correct(): Promise<void> {
  const up = await pulumi(["up", "--refresh", ...unattended]);
  expect([up.code, up.code === 0 ? "" : up.stdout.slice(-4000) + up.stderr.slice(-2000)]).toEqual([0, ""]);
  const after = await nightly();
  expect([after.code, after.stdout.match(/warning: .*/g) ?? []]).toEqual([0, []]);
}

beforeAll(async () => {
  if (!existsSync(join(root, ".lab"))) expect((await lab([])).code).toBe(0);
}, 60 * minutes);

describe("drift", () => {
  test(
    "a fresh stack has none",
    async () => {
      expect((await nightly()).code).toBe(0);
    },
    10 * minutes,
  );

  test(
    `${drifts.length} kinds at the same time are named by a refresh, each with its host`,
    async () => {
      for (const drift of drifts) await make(drift);
      const expected = await nightly();
      expect(expected.code).not.toBe(0);
      const refreshed = await refresh();
      expect(refreshed.code).toBe(0);
      expect(missedBy(refreshed, drifts).map(({ name, reported }) => `${name}: ${reported}`)).toEqual([]);
    },
    10 * minutes,
  );

  test("all of them are corrected by an up, after which nothing differs", correct, 20 * minutes);

  test(
    "a removed etcd member is named by a refresh, and its master joined again by an up",
    async () => {
      await make(lostMember);
      const { stdout } = await refresh();
      expect(stdout).toMatch(/k8s-master3: .*(API server|etcd)/);
      await correct();
    },
    20 * minutes,
  );
});
