/** `npm run maintain` on the lab: every host is rebooted, one after another, while clients use the endpoint. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../../base/process";
import { planLab } from "../../commands/up";
import { ofKind } from "../../drill/events";
import { Hosts } from "../../drill/hosts";
import { Probe, type ProbeEvent } from "../../drill/probe";
import { discover } from "../../drill/trial";
import { containerOf } from "../../hosts/containers";
import { checksMustPass, holders, lab, loadBalancers, masters, must, place, root, run } from "../e2e/driver";
import { failures } from "./under-clients";

const minutes = 60_000;
const everyHost = [...loadBalancers, ...masters, "monitor"] as const;

const maintain = (...args: readonly string[]) =>
  run("npm", ["run", "--silent", "maintain", "--", ...args], { seconds: 3600, echo: true });

/** When each host was started. */
async function startTimes(): Promise<Record<string, string>> {
  const containers = everyHost.map((name) => containerOf(place, { name }));
  const times = await must("docker", ["inspect", "--format", "{{.State.StartedAt}}", ...containers]);
  return Object.fromEntries(times.trim().split("\n").map((time, index) => [everyHost[index] ?? "", time])); // prettier-ignore
}

/** Runs work while the drills' clients use the endpoint; returns what they observed. */
async function underProbe(work: () => Promise<void>): Promise<readonly ProbeEvent[]> {
  const hosts = new Hosts(place);
  const { config } = await discover(planLab(place));
  const probe = await Probe.start(place, {
    ...config,
    Run: "maintain",
    LoadBalancers: await hosts.pids(loadBalancers),
  });
  // a reboot changes the process ids of the hosts
  const timer = setInterval(() => {
    void hosts.pids(loadBalancers).then((pids) => probe.send(pids), () => undefined); // prettier-ignore
  }, 3000);
  try {
    await work();
    await pause(5);
    probe.assertRunning();
  } finally {
    clearInterval(timer);
    await probe.stop();
  }
  return probe.events;
}

beforeAll(async () => {
  // also gives the hosts of an older lab the restart policy that a reboot needs
  expect((await lab([])).code).toBe(0);
  if (!existsSync(join(root, ".lab"))) throw new Error("the lab was not created");
}, 60 * minutes);

describe("maintenance", () => {
  test(
    "a preview changes no host",
    async () => {
      const before = await startTimes();
      const { code, stdout } = await maintain("--preview", "--reboot", "always");
      expect([code, await startTimes()]).toEqual([3, before]);
      for (const host of everyHost) expect(stdout).toContain(host);
    },
    10 * minutes,
  );

  test(
    "every host is rebooted, the holder of the virtual IP after the other load balancer, and no request fails",
    async () => {
      const before = await startTimes();
      const [holder] = await holders();
      let printed = "";
      const events = await underProbe(async () => {
        const { code, stdout } = await maintain("--reboot", "always", "--yes");
        expect(code).toBe(0);
        printed = stdout;
      });
      const after = await startTimes();
      expect(everyHost.filter((name) => after[name] === before[name])).toEqual([]);
      const order = [...printed.matchAll(/^(\S+) \(\d+ of \d+\)$/gm)].map(([, name]) => name);
      const first = loadBalancers.filter((name) => name !== holder);
      expect(order).toEqual([...first, holder, ...masters, "monitor"]);
      const all = ofKind(events, "connect").length;
      process.stderr.write(
        `new connections: ${all}; failed requests on the persistent connection: ${failures(events, "request").length}\n`,
      );
      expect([failures(events, "connect"), failures(events, "write")]).toEqual([[], []]);
      await checksMustPass(300);
    },
    60 * minutes,
  );

  test(
    "a second maintenance has nothing to do",
    async () => {
      const before = await startTimes();
      const { code, stdout } = await maintain("--yes");
      expect([code, stdout.includes("Nothing is left to do."), await startTimes()]).toEqual([0, true, before]);
    },
    10 * minutes,
  );

  test(
    "a killed maintenance is continued, and no host is rebooted twice",
    async () => {
      const before = await startTimes();
      const bundle = join(root, "operate/bundle.cjs");
      const child = spawn(process.execPath, [bundle, "maintain", "--reboot", "always", "--yes"], { cwd: root });
      // while the second master is out of service
      await new Promise<void>((done, reject) => {
        let text = "";
        child.stdout.on("data", (data) => {
          text += data;
          if (/^k8s-master2 .*\n(.*\n)*.*left HAProxy/m.test(text)) {
            child.kill("SIGKILL");
            done();
          }
        });
        child.on("close", () => reject(new Error(`the maintenance ended: ${text}`)));
      });
      const between = await startTimes();
      const finished = [...loadBalancers, "k8s-master1"] as const;
      expect(finished.filter((name) => between[name] === before[name])).toEqual([]);
      expect((await maintain("--reboot", "always", "--yes")).code).toBe(0);
      const after = await startTimes();
      expect(everyHost.filter((name) => after[name] === before[name])).toEqual([]);
      expect(finished.filter((name) => after[name] !== between[name])).toEqual([]);
      await checksMustPass(300);
    },
    60 * minutes,
  );
});
