import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { longestChain } from "../../bench/growth/chain";
import { runUnderMocks } from "../../bench/growth/growth";
import { stackOf } from "../../bench/growth/stacks";
import { root, scratch } from "../../../test/settings/stack";

const step = (name: string, dependencies: string[] = [], works = true) => ({ name, dependencies, works });

test("the longest chain counts resources that do work, and passes through the others", () => {
  const steps = [
    step("a"),
    step("b", ["a"]),
    step("component", ["b"], false),
    step("c", ["component", "a"]),
    step("d", ["elsewhere"]),
  ];
  expect(longestChain(steps)).toEqual(["a", "b", "c"]);
  expect(longestChain([])).toEqual([]);
});

test("each further master adds a join to the longest chain", async () => {
  const runs = [3, 5].map((masters) => {
    const folder = join(scratch, `growth-${masters}`);
    mkdirSync(folder);
    return runUnderMocks(root, stackOf({ masters, loadBalancers: 2 }, root, folder));
  });
  const [three, five] = await Promise.all(runs);
  const names = (run: typeof three) => run!.steps.map(({ name }) => name);
  expect(names(three)).toEqual(
    expect.arrayContaining(["kubernetes-k8s-master3-join", "kube-control-swap-seen-by-k8s-master3"]),
  );
  expect(names(five)).toContain("kubernetes-k8s-master5-join");
  const chains = [three, five].map((run) => longestChain(run!.steps));
  expect(chains[0]).toEqual(expect.arrayContaining(["kubernetes-k8s-master1-init", "kubernetes-k8s-master3-join"]));
  expect(chains[1]!.length).toBeGreaterThan(chains[0]!.length);
});
