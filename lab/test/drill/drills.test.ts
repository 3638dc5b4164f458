import { changes, drillsNamed, faults } from "../../drill/faults";

const names = (asked: readonly string[]) => drillsNamed(asked).map(({ name }) => name);

test("drills have unique names, different from the groups' names", () => {
  const all = [...faults, ...changes].map(({ name }) => name);
  expect(new Set(all).size).toBe(all.length);
  expect(all).not.toEqual(expect.arrayContaining(["faults"]));
  expect(all).not.toEqual(expect.arrayContaining(["changes"]));
});

test("without a name all faults run, except those that must be named", () => {
  expect(names([])).toEqual(
    faults.map(({ name }) => name).filter((name) => !["full-load", "shared-load"].includes(name)),
  );
  expect(names(["full-load", "holder-cut"])).toEqual(["full-load", "holder-cut"]);
});

test("a group's name selects all of its drills", () => {
  expect(names(["holder-cut", "changes"])).toEqual(["holder-cut", ...changes.map(({ name }) => name)]);
  expect(names(["faults"])).toEqual(names([]));
});

test("an unknown name is refused with the list of drills", () => {
  expect(() => drillsNamed(["holder-cut", "constructor"])).toThrow("there is no drill constructor");
  try {
    drillsNamed(["nothing"]);
  } catch (error) {
    expect((error as { remedy: string }).remedy).toMatch(
      /^The drills are faults, changes, haproxy-killed, .*, haproxy-upgraded\.$/,
    );
  }
});
