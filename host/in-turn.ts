import type * as pulumi from "@pulumi/pulumi";

/** A step for each item. It waits for the step of the item `atOnce` places before it, and for all of `after`. */
export function inTurn<Item, Step extends pulumi.Resource>(
  items: readonly Item[],
  after: readonly pulumi.Resource[],
  step: (item: Item, after: readonly pulumi.Resource[]) => Step,
  atOnce = 1,
): Step[] {
  const steps: Step[] = [];
  for (const item of items) {
    const before = steps[steps.length - atOnce];
    steps.push(step(item, before === undefined ? after : [...after, before]));
  }
  return steps;
}
