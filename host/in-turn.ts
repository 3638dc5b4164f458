import type * as pulumi from "@pulumi/pulumi";

/** A step for each item. It waits for the step of the item before it, and for all of `after`. */
export function inTurn<Item, Step extends pulumi.Resource>(
  items: readonly Item[],
  after: readonly pulumi.Resource[],
  step: (item: Item, after: readonly pulumi.Resource[]) => Step,
): Step[] {
  const steps: Step[] = [];
  for (const item of items) {
    steps.push(step(item, [...after, ...steps.slice(-1)]));
  }
  return steps;
}
