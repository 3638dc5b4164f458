import { driftsMissedIn, someDrifts } from "../drifts";
import { journal, lab, mustPulumi, onHost, pulumi, recordWrites, unattended, virtualIp, writes } from "../driver";

/** Changes a running stack. */
export function changes(): void {
  describe("changes", () => {
    test("a second `npm run lab` changes nothing", async () => {
      const before = [await recordWrites(), writes(await journal("datadog"))] as const;
      expect((await lab([])).code).toBe(0);
      expect(await recordWrites()).toEqual(before[0]);
      const after = writes(await journal("datadog")).filter((call) => call.path.includes("/config/"));
      expect(after).toEqual(before[1].filter((call) => call.path.includes("/config/")));
    }, 900_000);

    test("an up with refresh names four changes made by hand, and corrects them", async () => {
      for (const { host, line } of someDrifts) await onHost(host, line);
      const printed = await mustPulumi(["up", "--refresh", ...unattended]);
      expect(driftsMissedIn(printed, someDrifts)).toEqual([]);
      const nightly = await pulumi(["preview", "--refresh", "--expect-no-changes", "--non-interactive"]);
      expect([nightly.code, nightly.stdout.match(/warning: .*/g) ?? []]).toEqual([0, []]);
    }, 900_000);

    test("a changed TTL never sends the old address", async () => {
      const before = await recordWrites();
      const path = "kube-control:endpoint.ttl";
      const old = (await mustPulumi(["config", "get", "--path", path])).trim();
      try {
        await mustPulumi(["config", "set", "--path", path, "120"]);
        await mustPulumi(["up", ...unattended]);
        await mustPulumi(["refresh", "--yes", "--non-interactive"]);
      } finally {
        // no further up, because the stack is destroyed next
        await mustPulumi(["config", "set", "--path", path, old]);
      }
      const since = (await recordWrites()).slice(before.length);
      expect(since.length).toBeGreaterThan(0);
      for (const call of since) expect([undefined, virtualIp]).toContain(call.content);
    }, 1_800_000);
  });
}
