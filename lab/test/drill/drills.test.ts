import { changes, drillsNamed, faults } from "../../drill/faults";

const names = (asked: readonly string[]) => drillsNamed(asked).map(({ name }) => name);

test("no two drills have one name, and none has a group's", () => {
  const all = [...faults, ...changes].map(({ name }) => name);
  expect(new Set(all).size).toBe(all.length);
  expect(all).not.toEqual(expect.arrayContaining(["faults"]));
  expect(all).not.toEqual(expect.arrayContaining(["changes"]));
});

test("without a name all faults are tried, but for those that have to be named", () => {
  expect(names([])).toEqual(
    faults.map(({ name }) => name).filter((name) => !["full-load", "shared-load"].includes(name)),
  );
  expect(names(["full-load", "holder-cut"])).toEqual(["full-load", "holder-cut"]);
});

test("a group stands for all of its drills, where it is named", () => {
  expect(names(["holder-cut", "changes"])).toEqual(["holder-cut", ...changes.map(({ name }) => name)]);
  expect(names(["faults"])).toEqual(names([]));
});

test("a name that no drill has is refused with those that there are", () => {
  expect(() => drillsNamed(["holder-cut", "constructor"])).toThrow("there is no drill constructor");
  try {
    drillsNamed(["nothing"]);
  } catch (error) {
    expect((error as { remedy: string }).remedy).toMatch(
      /^There are faults, changes, haproxy-killed, .*, haproxy-upgraded\.$/,
    );
  }
});
