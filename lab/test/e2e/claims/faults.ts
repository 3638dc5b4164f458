import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../base/process";
import { defaultBound } from "../../../drill/faults/fault";
import { blackoutOf } from "../../../drill/measure";
import type { Trial } from "../../../drill/trial";
import { monitorState } from "../datadog";
import { holders, must, checksMustPass, nas } from "../driver";

/** Faults whose effect on clients is bounded, and one that raises an alert. */
export function faults(): void {
  describe("faults", () => {
    const drills = ["haproxy-killed", "holder-cut", "leader-killed"];
    let trials: readonly Trial[] = [];

    // npm run drill fails too where a bound is exceeded or the steady state does not come back
    test("the drills of HAProxy, of a load balancer and of etcd's leader pass", async () => {
      const folder = mkdtempSync(join(tmpdir(), "drill-"));
      const file = join(folder, "trials.json");
      // the alert of a silent NAS (see below) takes minutes: silence it during the drills
      await nas("silence", "on");
      await must("npm", ["run", "--silent", "drill", "--", ...drills, "--json", file], { seconds: 900, echo: true });
      trials = JSON.parse(readFileSync(file, "utf8")) as Trial[];
      rmSync(folder, { recursive: true });
    }, 1_000_000);

    test("no acknowledged write is lost", () => {
      expect(trials.map(({ fault, lost }) => [fault, lost])).toEqual(drills.map((fault) => [fault, 0]));
      for (const { during } of trials) expect(during.write.attempts).toBeGreaterThan(50);
    });

    test("new connections are answered again within the bound", () => {
      expect(trials).toHaveLength(drills.length);
      // measured are 0.05 to 0.18 s
      for (const trial of trials) expect(blackoutOf(trial)).toBeLessThan(defaultBound);
    });

    test("the virtual IP moves to the other load balancer, and one holds it in the end", async () => {
      for (const fault of drills.slice(0, 2)) {
        expect(trials.find((trial) => trial.fault === fault)?.during.moves).toBeGreaterThan(0);
      }
      expect(await holders()).toHaveLength(1);
    });

    test("a silent NAS raises an alert, and its next line ends it", async () => {
      const silent = () => monitorState("silent");
      expect(await until(silent, (state) => state === "Alert", { seconds: 240, every: 1 })).toBe("Alert");
      await nas("silence", "off");
      expect(await until(silent, (state) => state === "OK", { seconds: 60, every: 1 })).toBe("OK");
      await nas("rate", "30");
    });

    test("all checks of the stack pass again", async () => {
      // the pods of a master that was just started again are not Ready at once
      await checksMustPass(120);
    });
  });
}
