import { addresses, blankHosts, makeNode, scriptTexts } from "../../stand-ins/cluster";
import type { StandInHosts } from "../../stand-ins/hosts";

// What the control plane's steps do about the line in /etc/hosts that leads a node to the virtual IP (dns-record/hosts-program.sh).

let texts: (step: string) => string;
let world: StandInHosts;

beforeAll(async () => {
  texts = await scriptTexts();
});
beforeEach(() => {
  world = blankHosts();
});
afterEach(() => world.remove());

/** A host whose /etc/hosts leads the name to that address. */
function withLine(host: string, address: string): void {
  world.write(
    `hosts/${host}/etc/hosts`,
    `${address} kube-control.example.com # kube-control: for when DNS does not answer\n`,
  );
  const program = `#!/bin/bash\necho "$AT: kube-control-hosts $*" >>"$WORLD/calls"\necho >"$WORLD/hosts/$AT/etc/hosts"\n`;
  world.write(`hosts/${host}/usr/local/sbin/kube-control-hosts`, program, 0o755);
}
const deeds = (calls: readonly string[]) =>
  calls.filter((call) => /kube-control-hosts|kubeadm (init|join) --config/.test(call));

test.each(["k8s-master1-init", "k8s-master2-join"])(
  "%s removes a line that an earlier cluster has left, which DNS contradicts",
  async (step) => {
    const host = step.slice(0, "k8s-master1".length);
    if (step.endsWith("join")) makeNode(world, "k8s-master1");
    withLine(host, "192.0.2.99");
    const { status, calls } = await world.run(texts(step), "create", step.endsWith("init") ? host : "");
    expect([status, deeds(calls)]).toEqual([
      0,
      [`${host}: kube-control-hosts remove`, expect.stringMatching(`^${host}: kubeadm (init|join) --config`)],
    ]);
  },
);

test("a node that joins anew keeps the line that DNS confirms, and so does one that DNS does not answer", async () => {
  makeNode(world, "k8s-master1");
  withLine("k8s-master2", "192.0.2.10");
  const joined = await world.run(texts("k8s-master2-join"), "create");
  expect([joined.status, deeds(joined.calls)]).toEqual([0, [expect.stringContaining("kubeadm join")]]);

  withLine("k8s-worker1", "192.0.2.10");
  world.write("name", "");
  const silent = await world.run(texts("k8s-worker1-join"), "create");
  expect([silent.status, deeds(silent.calls)]).toEqual([0, [expect.stringContaining("kubeadm join")]]);
});

test("a node that leaves loses the line, where its own step could not remove it", async () => {
  for (const name of Object.keys(addresses)) makeNode(world, name);
  withLine("k8s-worker1", "192.0.2.10");
  const { status, calls } = await world.run(texts("k8s-worker1-membership"), "delete");
  expect([status, deeds(calls)]).toEqual([0, ["k8s-worker1: kube-control-hosts remove"]]);
});
