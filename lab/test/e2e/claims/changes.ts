import { get } from "node:https";
import { driftsMissedIn, someDrifts } from "../drifts";
import {
  journal,
  lab,
  masters,
  mustPulumi,
  onHost,
  pulumi,
  recordWrites,
  unattended,
  virtualIp,
  writes,
} from "../driver";

/** Opens a connection to the virtual IP every 100 ms, and collects what fails, until `stop` is called. */
function connecting(): { readonly failures: string[]; readonly tried: () => number; readonly stop: () => void } {
  const failures: string[] = [];
  let tried = 0;
  const options = { agent: false, rejectUnauthorized: false, timeout: 5000 };
  const timer = setInterval(() => {
    tried++;
    const request = get(`https://${virtualIp}:6443/readyz`, options, (response) => {
      response.resume();
      if (response.statusCode !== 200) failures.push(`status ${response.statusCode}`);
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
    request.on("error", ({ message }) => failures.push(message));
  }, 100);
  return { failures, tried: () => tried, stop: () => clearInterval(timer) };
}

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

    test("a changed flag of the API servers is applied on every master, and no new connection fails", async () => {
      const path = "kube-control:kubernetes.apiServer.extraArgs.profiling";
      await mustPulumi(["config", "set", "--path", path, "false"]);
      const client = connecting();
      try {
        await mustPulumi(["up", ...unattended]);
      } finally {
        client.stop();
      }
      for (const master of masters) {
        const flags = await onHost(master, "tr '\\0' '\\n' <\"/proc/$(pgrep -xo kube-apiserver)/cmdline\"");
        expect(flags.split("\n")).toContain("--profiling=false");
      }
      expect(client.failures).toEqual([]);
      expect(client.tried()).toBeGreaterThan(100);
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
