import { addresses, blankHosts, makeNode, scriptTexts } from "../../stand-ins/cluster";
import type { StandInHosts } from "../../stand-ins/hosts";

// How the control plane's steps treat the line in /etc/hosts with the virtual IP (components/dns-record/hosts-program.sh).

let texts: (step: string) => string;
let world: StandInHosts;

beforeAll(async () => {
  texts = await scriptTexts();
});
beforeEach(() => {
  world = blankHosts();
});
afterEach(() => world.remove());

/** Writes a line to the host's /etc/hosts that resolves the name to that address. */
function withLine(host: string, address: string): void {
  world.write(
    `hosts/${host}/etc/hosts`,
    `${address} kube-control.example.com # kube-control: for when DNS does not answer\n`,
  );
  const program = `#!/bin/bash\necho "$AT: kube-control-hosts $*" >>"$WORLD/calls"\necho >"$WORLD/hosts/$AT/etc/hosts"\n`;
  world.write(`hosts/${host}/usr/local/sbin/kube-control-hosts`, program, 0o755);
}
const changingCalls = (calls: readonly string[]) =>
  calls.filter((call) => /kube-control-hosts|kubeadm (init|join) --config/.test(call));

test.each(["k8s-master1-init", "k8s-master2-join"])(
  "%s removes a line of an earlier cluster if DNS returns another address",
  async (step) => {
    const host = step.slice(0, "k8s-master1".length);
    if (step.endsWith("join")) makeNode(world, "k8s-master1");
    withLine(host, "192.0.2.99");
    const { status, calls } = await world.run(texts(step), "create", step.endsWith("init") ? host : "");
    expect([status, changingCalls(calls)]).toEqual([
      0,
      [`${host}: kube-control-hosts remove`, expect.stringMatching(`^${host}: kubeadm (init|join) --config`)],
    ]);
  },
);

test("a join keeps the line if DNS returns the same address or does not answer", async () => {
  makeNode(world, "k8s-master1");
  withLine("k8s-master2", "192.0.2.10");
  const joined = await world.run(texts("k8s-master2-join"), "create");
  expect([joined.status, changingCalls(joined.calls)]).toEqual([0, [expect.stringContaining("kubeadm join")]]);

  withLine("k8s-worker1", "192.0.2.10");
  world.write("name", "");
  const silent = await world.run(texts("k8s-worker1-join"), "create");
  expect([silent.status, changingCalls(silent.calls)]).toEqual([0, [expect.stringContaining("kubeadm join")]]);
});

test("the deletion of a node removes the line, if its own step could not", async () => {
  for (const name of Object.keys(addresses)) makeNode(world, name);
  withLine("k8s-worker1", "192.0.2.10");
  const { status, calls } = await world.run(texts("k8s-worker1-membership"), "delete");
  expect([status, changingCalls(calls)]).toEqual([0, ["k8s-worker1: kube-control-hosts remove"]]);
});
