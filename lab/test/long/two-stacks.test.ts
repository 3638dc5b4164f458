/** Two stacks in one Datadog organisation, one network and one DNS zone. The second one has one master. */
import { parse, stringify } from "yaml";
import { placeOf, type Place } from "../../base/place";
import { plainProgress } from "../../base/progress";
import { until } from "../../base/process";
import { planLab, createHosts } from "../../commands/up";
import { type LabHost, planHosts } from "../../hosts/plan";
import { onHost } from "../../hosts/ssh";
import { stackOf } from "../../hosts/stack";
import { labWorkspace, type Workspace } from "../../pulumi/environment";
import type { Pulumi } from "../../pulumi/pulumi";
import { pulumiIn, upArguments } from "../../pulumi/pulumi-command";
import { ensureProject } from "../../stack/project";
import type { Lab } from "../../verify/finding";
import { searchLogs } from "../../verify/logs";
import { verify } from "../../verify/verify";
import { counted, idsAtDatadog } from "../e2e/datadog";
import { lab as labCommand, checksMustPass, root } from "../e2e/driver";

const report = () => undefined;

/** The stack `second`, derived from the text of `dev`: other hosts, virtual IP and name; the same accounts. */
function secondOf(text: string): string {
  const { config } = parse(text) as { config: Record<string, any> };
  const get = (key: string) => config[`kube-control:${key}`];
  const moved = (address: string, last: number) => address.replace(/\d+$/, String(last));
  const [master] = get("masters");
  const endpoint = { ...get("endpoint"), fqdn: "second.kacangisnuts.com" };
  const virtualIp = { ...get("virtualIp"), address: moved(get("virtualIp").address, 180), routerId: 34 };
  const changed = {
    endpoint,
    virtualIp,
    masters: [{ name: "second-master1", address: moved(master.address, 181) }],
    loadBalancers: [1, 2].map((n) => ({ name: `second-lb${n}`, address: moved(master.address, 181 + n) })),
    monitor: { name: "second-monitor", address: moved(master.address, 184) },
  };
  const keyed = Object.fromEntries(Object.entries(changed).map(([key, value]) => [`kube-control:${key}`, value]));
  return stringify({ config: { ...config, ...keyed } });
}

describe("two stacks", () => {
  let place: Place;
  let first: ReturnType<typeof planLab>;
  let second: Lab;
  let pulumi: Pulumi;
  let workspace: Workspace;

  /** Sends a line from the NAS to a stack's monitor, and searches for it by its user. */
  async function sent({ stack, hosts }: Lab, user: string) {
    const [nas] = hosts.filter(({ role }) => role === "nas");
    const send = `node -e 'const s = require("dgram").createSocket("udp4"); s.send(process.argv[1], 15141, "${stack.monitor.address}", () => s.close())'`;
    const text =
      `conn log: Users: ${user}, Source IP: 192.168.2.31, Computer name: pc, Connection type: SAMBA, ` +
      "Accessed resources: a, Action: Read";
    await onHost(first, nas as LabHost, `${send} "<30>$(date '+%b %e %T') nas qulogd[1]: ${text}"`);
    return until(
      () => searchLogs(first, `@user:${user}`, 10),
      ({ length }) => length > 0,
      { seconds: 30 },
    );
  }

  let ofFirst: Awaited<ReturnType<typeof idsAtDatadog>>;

  beforeAll(async () => {
    expect((await labCommand([])).code).toBe(0);
    place = placeOf(root);
    first = planLab(place);
    ofFirst = await idsAtDatadog();
    const stack = stackOf(secondOf(first.stack.text));
    const ours = new Set(["master", "load-balancer", "monitor"]);
    const own = planHosts(stack, first.subnet).filter(({ role }) => ours.has(role));
    const around: LabHost[] = first.hosts.filter(({ role }) => ["name-server", "services", "nas"].includes(role));
    second = { place, stack, hosts: [...around, ...own] };
    pulumi = await createHosts({ ...first, hosts: [...first.hosts, ...own] }, plainProgress(report));
    await ensureProject(place, pulumi, stack, report, "second");
    workspace = labWorkspace(place, pulumi, "second");
  }, 1_800_000);

  afterAll(async () => {
    await labCommand(["down"], 300);
  }, 400_000);

  test("the second stack is built, and all checks of the first one pass", async () => {
    await pulumiIn(workspace, upArguments);
    const findings = await verify(second, report, 90);
    expect(findings.filter(({ ok, what }) => !ok && what !== "NAS line")).toEqual([]);
    await checksMustPass(90);
  }, 1_200_000);

  test("a line has the tag of the stack whose monitor received it", async () => {
    for (const [index, lab] of [first, second].entries()) {
      const logs = await sent(lab, `tagged_${index}_${Date.now()}`);
      expect(logs).toHaveLength(1);
      expect(logs[0]?.attributes.attributes).toMatchObject({ action: "Read" });
      const tags = (logs[0]?.attributes.tags ?? []).filter((tag) => tag.startsWith("kube_control:"));
      expect(tags).toEqual([`kube_control:${lab.stack.fqdn}`]);
    }
  });

  test("the second stack's metric counts only its own lines", async () => {
    const count = async () => {
      const sums = Object.values(await counted("sum:qnap_nas.second.actions{*}.as_count()"));
      return sums.reduce((sum, value) => sum + value, 0);
    };
    const before = await count();
    await sent(first, `counted_first_${Date.now()}`);
    await sent(second, `counted_second_${Date.now()}`);
    expect(await until(count, (sum) => sum > before, { seconds: 30 })).toBe(before + 1);
  });

  test("a preview of each stack shows no changes", async () => {
    await pulumiIn(workspace, ["preview", "--expect-no-changes"]);
    await pulumiIn(labWorkspace(place, pulumi), ["preview", "--expect-no-changes"]);
  }, 300_000);

  test("destroy of the second stack does not change the first one", async () => {
    await pulumiIn(workspace, ["destroy", "--yes", "--skip-preview"]);
    expect(await idsAtDatadog()).toEqual(ofFirst);
    await checksMustPass(60);
    await pulumiIn(labWorkspace(place, pulumi), ["preview", "--refresh", "--expect-no-changes"]);
  }, 1_200_000);
});
