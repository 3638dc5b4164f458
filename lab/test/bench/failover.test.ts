import { asMarkdown, comparison, type Measurement } from "../../bench/failover/comparison";
import { readOptions } from "../../bench/failover/failover";
import { ours, profiles, render } from "../../bench/failover/profiles";
import { measure } from "../../drill/measure";
import { LabError } from "../../base/error";
import type { Stack } from "../../hosts/stack";
import { fault, steady, trialOf } from "../drill/trials";

/** A trial with a blackout of new connections from the fault on. */
function outage(profile: string, name: string, milliseconds: number): Measurement {
  const events = [...steady("connect", 20, -2000, 0), ...steady("connect", 20, milliseconds, 8000)];
  const trial = trialOf(events, {
    fault: name,
    during: measure({ events, span: { from: fault, to: fault + 5000 } }),
    after: undefined,
  });
  return { profile, trial };
}

describe("the comparison", () => {
  const two = profiles.filter(({ name }) => name === "seed" || name === "kube-control");

  test("shows the median and the worst of each profile, and the ratio to our median", () => {
    const seen = [
      ...[3000, 3400, 4000].map((gap) => outage("seed", "holder-cut", gap)),
      ...[100, 80, 200].map((gap) => outage("kube-control", "holder-cut", gap)),
    ];
    expect(comparison(seen, two)).toEqual([
      ["blackout, s: median / worst", "seed", "kube-control"],
      ["holder-cut", "3.42 / 4.02 (28.5×)", "0.12 / 0.22"],
    ]);
  });

  test("marks a blackout that lasted until the recovery, and missing measurements", () => {
    const seen = [outage("seed", "haproxy-hung", 4950), outage("kube-control", "holder-cut", 100)];
    expect(comparison(seen, two).slice(1)).toEqual([
      ["haproxy-hung", ">4.97 / 4.97", "-"],
      ["holder-cut", "-", "0.12 / 0.12"],
    ]);
  });

  test("says how many trials each fault had", () => {
    const seen = [outage("seed", "holder-cut", 3000), outage("kube-control", "holder-cut", 100)];
    expect(asMarkdown(seen, two, "a machine")).toContain("--trials 1`: 1 trial of each fault");
    const more = asMarkdown([...seen, outage("seed", "holder-cut", 3000)], two, "a machine");
    expect(more).toContain("--trials 2`: 1 to 2 trials of each fault");
  });
});

describe("a profile", () => {
  const machine = (name: string, address: string) => ({ name, address });
  const [first, second] = [machine("lb1", "10.0.0.1"), machine("lb2", "10.0.0.2")];
  const stack = {
    port: 7443,
    virtualIp: "10.0.0.9",
    masters: [machine("m1", "10.0.0.11"), machine("m2", "10.0.0.12")],
    loadBalancers: [first, second],
  } as unknown as Stack;
  const others = profiles.filter((profile) => profile !== ours);

  test.each(others.map((profile) => [profile.name, profile] as const))(
    "%s: every placeholder is replaced",
    (_, profile) => {
      for (const self of [first, second]) {
        const files = render(profile, stack, self);
        const haproxy = files["/etc/haproxy/haproxy.cfg"] ?? "";
        const keepalived = files["/etc/keepalived/keepalived.conf"] ?? "";
        // the interface is known only on the host
        expect(`${haproxy}${keepalived}`.match(/@[A-Z_]+@/g)?.filter((name) => name !== "@INTERFACE@") ?? []).toEqual(
          [],
        );
        for (const { address } of stack.masters) expect(haproxy).toContain(`${address}:7443`);
        expect(keepalived).toContain("10.0.0.9");
      }
    },
  );

  test.each(others.map((profile) => [profile.name, profile] as const))(
    "%s: the first load balancer has at least the priority of the second one",
    (_, profile) => {
      const priority = (self: typeof first) =>
        Number(/priority (\d+)/.exec(render(profile, stack, self)["/etc/keepalived/keepalived.conf"] ?? "")?.[1]);
      expect(priority(first)).toBeGreaterThanOrEqual(priority(second));
    },
  );

  test("a script that keepalived.conf names is among the files", () => {
    for (const profile of others) {
      const files = render(profile, stack, first);
      const named = /\/etc\/keepalived\/\S+\.sh/.exec(files["/etc/keepalived/keepalived.conf"] ?? "")?.[0];
      if (named !== undefined) expect(Object.keys(files)).toContain(named);
    }
  });
});

describe("the command line", () => {
  test("by default, all profiles and the default faults run five times", () => {
    const options = readOptions([]);
    expect(options.profiles).toEqual(profiles);
    expect(options.trials).toBe(5);
    expect(options.faults.map(({ name }) => name)).toEqual(expect.arrayContaining(["haproxy-hung", "master-cut"]));
  });

  test.each([
    [["--trials", "0"], "--trials 0 is not a whole number of 1 or more"],
    [["--profiles", "seed,nobody"], "there is no profile nobody"],
    [["nothing"], "there is no drill nothing"],
  ])("%j is refused", (args, message) => {
    expect(() => readOptions(args)).toThrow(new LabError(message));
  });
});
