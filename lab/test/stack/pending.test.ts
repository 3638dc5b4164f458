import { withoutRepeatable } from "../../stack/pending";

const operation = (type: string, resource: string) => ({ type, resource: { type: resource } });
const deployment = (...pending: object[]) => ({
  version: 3,
  deployment: { resources: [], pending_operations: pending },
});

test("the pending creation of a step is taken away, for the next up repeats it", () => {
  const given = deployment(
    operation("creating", "command:local:Command"),
    operation("creating", "command:remote:Command"),
  );
  expect(withoutRepeatable(given)).toEqual(deployment());
});

test("pending operations of other types stay, and so do pending deletions", () => {
  const stays = [
    operation("creating", "docker:index/container:Container"),
    operation("deleting", "command:local:Command"),
  ];
  expect(withoutRepeatable(deployment(...stays))).toBeUndefined();
  expect(withoutRepeatable(deployment(...stays, operation("creating", "command:local:Command")))).toEqual(
    deployment(...stays),
  );
});

test("a deployment without pending operations is left alone", () => {
  expect(withoutRepeatable({ version: 3, deployment: {} })).toBeUndefined();
});
