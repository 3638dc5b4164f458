import { plainProgress } from "../../base/progress";
import { outsideHosts } from "../../bench/up/fresh";
import { asMarkdown, goalsOf, type Result, tablesOf } from "../../bench/up/report";
import { names, runTrials } from "../../bench/up/trials";
import { up } from "../../bench/up/up";

describe("trials", () => {
  const quiet = plainProgress(() => undefined);
  const done: string[] = [];
  const note = (what: string) => () => Promise.resolve(done.push(what));
  const steps = {
    clean: note("clean"),
    build: note("build"),
    verify: note("verify"),
    again: note("again"),
    empty: note("empty"),
    refresh: note("refresh"),
    status: note("status"),
    round: note("round"),
  };

  beforeEach(() => done.splice(0));

  it("clean, build, verify, then alternate the runs that change nothing", async () => {
    const recorded: string[] = [];
    await runTrials(steps, 2, quiet, (kind, name) => recorded.push(`${kind} ${name}`));
    const runs = ["again", "empty", "refresh", "status", "round"];
    const trial = ["clean", "build", "verify", ...runs, ...runs.slice(1), "again"];
    expect(done).toEqual([...trial, ...trial]);
    const inTurn = [names.stack, names.empty, names.refresh, names.status, names.round];
    const noop = [...inTurn, ...inTurn.slice(1), names.stack].map((name) => `noop ${name}`);
    expect(recorded).toEqual(["full pulumi up", ...noop, "full pulumi up", ...noop]);
  });

  it("end at a failed build, which is not recorded", async () => {
    const record = jest.fn();
    const broken = { ...steps, build: () => Promise.reject(new Error("no")) };
    await expect(runTrials(broken, 3, quiet, record)).rejects.toThrow("no");
    expect(done).toEqual(["clean"]);
    expect(record).not.toHaveBeenCalled();
  });
});

test("only resources outside the hosts are left in the state", () => {
  const step = { urn: "step", type: "kube-control-hosts:index:Step" };
  const component = { urn: "component", type: "kube-control:index:DnsRecord" };
  const docker = { urn: "docker", type: "pulumi:providers:docker" };
  const provider = { urn: "provider", type: "pulumi:providers:cloudflare" };
  const record = { urn: "record", type: "cloudflare:index/dnsRecord:DnsRecord", provider: "provider" };
  const resources = [step, component, docker, provider, { ...record, parent: "component", dependencies: ["step"] }];
  const state = { version: 3, deployment: { manifest: {}, resources, pending_operations: [{}] } };
  const left = outsideHosts(state);
  expect(JSON.parse(JSON.stringify(left))).toEqual({
    version: 3,
    deployment: { manifest: {}, resources: [provider, record], pending_operations: [] },
  });
});

describe("the report", () => {
  const result: Result = {
    machine: { kernel: "Linux 6.1", processor: "x", cores: 2, memoryGiB: 8, node: "v20" },
    versions: { Pulumi: "3.259.0" },
    masters: 3,
    loadBalancers: 2,
    full: { [names.stack]: [110, 100, 120] },
    noop: { [names.stack]: [7, 8], [names.empty]: [5, 5], [names.status]: [3], [names.round]: [1] },
  };

  it("compares medians with the goal, which a ratio of exactly the limit meets", () => {
    expect(goalsOf(result)).toMatchObject([
      { ratio: 1.5, met: true },
      { ratio: 3, met: false },
    ]);
    expect(goalsOf({ noop: { [names.stack]: [8], [names.empty]: [5] } })).toMatchObject([{ ratio: 1.6, met: false }]);
    expect(goalsOf({ noop: { [names.stack]: [8] } })).toEqual([]);
  });

  it("has tables of the measurements and of the goal", () => {
    expect(tablesOf(result)).toEqual([
      [
        ["full build", "median", "best", "worst", "runs"],
        ["pulumi up", "110 s", "100 s", "120 s", "110.0, 100.0, 120.0"],
      ],
      [
        ["nothing to change", "median", "best", "worst", "runs"],
        ["pulumi up", "7.50 s", "7.00 s", "8.00 s", "7.0, 8.0"],
        ["empty program", "5.00 s", "5.00 s", "5.00 s", "5.0, 5.0"],
        ["npm run status", "3.00 s", "3.00 s", "3.00 s", "3.0"],
        ["SSH to all hosts, start of Node.js", "1.00 s", "1.00 s", "1.00 s", "1.0"],
      ],
      [
        ["goal", "at most", "measured", ""],
        ["no-op, against an empty program", "1.50", "1.50", "met"],
        ["status, against SSH and the start of Node.js", "2.00", "3.00", "NOT met"],
      ],
    ]);
    expect(tablesOf({ ...result, full: {} })).toHaveLength(2);
  });

  it("says how many trials there were", () => {
    expect(asMarkdown(result, "a machine")).toContain("`npm run bench -- up`, 3 trials, in the lab");
    expect(asMarkdown({ ...result, full: { [names.stack]: [1] } }, "a machine")).toContain(", 1 trial, in the lab");
    expect(asMarkdown({ ...result, full: {} }, "a machine")).toContain(", no-op runs only, in the lab");
  });
});

test.each([
  [["--trials", "0"], "--trials 0 is not a whole number of 1 or more"],
  [["--without", "ansible"], "Unknown option '--without'"],
  [["--no-op", "--restore"], "--no-op and --restore cannot be combined"],
])("the arguments %j are refused", (args, message) => {
  expect(() => up(args)).toThrow(message);
});
