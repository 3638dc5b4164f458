import { check, diff } from "../../provider/cluster-version";

const order = { masters: ["m1", "m2", "m3"], workers: ["w1"], concurrentWorkers: 1 };
const stored = { version: "v1.36.1", ...order };

async function checked(version: string, isPreview: boolean, olds?: typeof stored) {
  const said: string[] = [];
  const inform = (_: string, text: string) => Promise.resolve(void said.push(text));
  const { inputs, failures = [] } = await check(inform, "urn", olds, { version, isPreview, ...order });
  return { said: said.join("\n"), failures: failures.map(({ reason }) => reason), inputs: inputs as object };
}

test("a preview of an upgrade prints the plan", async () => {
  const { said, failures, inputs } = await checked("v1.36.3", true, stored);
  expect(said).toContain("Kubernetes v1.36.1 → v1.36.3");
  expect(said).toContain("m1: drain");
  expect(failures).toEqual([]);
  expect(inputs).toEqual({ version: "v1.36.3", ...order });
});

test.each([
  ["a downgrade", "v1.35.4", "supports no downgrade"],
  ["a skipped minor version", "v1.38.0", "would skip a minor version"],
])("a preview refuses %s", async (_, version, said) => {
  expect((await checked(version, true, stored)).failures).toEqual([expect.stringContaining(said)]);
});

test("an update after the upgrade, a new stack and the same version print nothing", async () => {
  for (const one of [checked("v1.36.3", false, stored), checked("v1.36.3", true), checked("v1.36.1", true, stored)]) {
    expect(await one).toMatchObject({ said: "", failures: [] });
  }
});

test("only another version or another list of nodes is a change", () => {
  expect(diff(stored, { ...stored, isPreview: false })).toEqual({ changes: false });
  expect(diff(stored, { ...stored, version: "v1.36.3", isPreview: false })).toEqual({ changes: true });
});
