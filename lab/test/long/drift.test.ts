/** Changes made by hand on the hosts: a refresh names each of them, and an `up` corrects it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { containerOf } from "../../hosts/containers";
import { type Drift, dockerDrifts, drifts, driftsMissedIn, lostMember } from "../e2e/drifts";
import {
  checksMustPass,
  lab,
  loadBalancers,
  masters,
  must,
  onHost,
  place,
  pulumi,
  root,
  unattended,
} from "../e2e/driver";

const minutes = 60_000;

async function make({ host, line }: Drift): Promise<void> {
  await onHost(host, line);
}

const refresh = () => pulumi(["refresh", ...unattended]);
const nightly = () => pulumi(["preview", "--refresh", "--expect-no-changes", "--non-interactive"]);

async function correct(...options: string[]): Promise<void> {
  const up = await pulumi(["up", ...options, ...unattended]);
  expect([up.code, up.code === 0 ? "" : up.stdout.slice(-4000) + up.stderr.slice(-2000)]).toEqual([0, ""]);
  await nothingDiffers();
}

async function nothingDiffers(): Promise<void> {
  const { code, stdout } = await nightly();
  expect([code, stdout.match(/warning: .*/g) ?? []]).toEqual([0, []]);
}

beforeAll(async () => {
  if (!existsSync(join(root, ".lab"))) expect((await lab([])).code).toBe(0);
}, 60 * minutes);

describe("drift", () => {
  test(
    "a new stack has no drift",
    async () => {
      expect((await nightly()).code).toBe(0);
    },
    10 * minutes,
  );

  test(
    `a refresh names ${drifts.length} drifts at the same time, each with its host`,
    async () => {
      for (const drift of drifts) await make(drift);
      const expected = await nightly();
      expect(expected.code).not.toBe(0);
      const refreshed = await refresh();
      expect(refreshed.code).toBe(0);
      const status = await lab(["status", "--json"], 120);
      expect([status.code, driftsMissedIn(status.stdout, drifts)]).toEqual([1, []]);
      const missed = driftsMissedIn(refreshed.stdout, drifts);
      expect([missed, missed.length === 0 ? [] : refreshed.stdout.match(/warning: .*/g)]).toEqual([[], []]);
    },
    10 * minutes,
  );

  test("an up corrects all of them, and nothing differs afterwards", () => correct("--refresh"), 20 * minutes);

  test(
    "without Docker, a refresh names the drifts that it has read, and an up corrects them",
    async () => {
      for (const drift of dockerDrifts) await make(drift);
      const refreshed = await refresh();
      expect(refreshed.code).not.toBe(0);
      expect(driftsMissedIn(refreshed.stdout, dockerDrifts)).toEqual([]);
      await correct();
    },
    10 * minutes,
  );

  test(
    "a refresh names a removed etcd member, and an up joins its master again",
    async () => {
      await make(lostMember);
      const { stdout } = await refresh();
      expect(stdout).toMatch(/k8s-master3: .*(API server|etcd)/);
      await correct("--refresh");
    },
    20 * minutes,
  );

  test.each([...masters, ...loadBalancers, "monitor"] as const)(
    "a refresh names %s while it is dead, and ends within two minutes",
    async (host) => {
      const container = containerOf(place, { name: host });
      await must("docker", ["kill", container]);
      const started = Date.now();
      const { code, stdout } = await refresh();
      const seconds = Math.round((Date.now() - started) / 1000);
      const status = await lab(["status"], 120);
      await must("docker", ["start", container]);
      expect([status.code, status.stdout]).toEqual([1, expect.stringMatching(new RegExp(`!! .*${host}`))]);
      process.stderr.write(`a refresh without ${host}: ${seconds} s, exit ${code}\n`);
      expect(stdout).toMatch(new RegExp(`${host}: host does not answer`));
      expect(seconds).toBeLessThan(120);
      // the docker provider cannot read the container
      expect(code === 0).toBe(host !== "monitor");
      await checksMustPass(300);
      expect((await refresh()).code).toBe(0);
      await correct();
    },
    15 * minutes,
  );
});
