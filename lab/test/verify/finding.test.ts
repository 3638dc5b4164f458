import { table } from "../../verify/finding";
import { look } from "../../verify/verify";

test("a look gives what it saw", async () => {
  expect(await look("nodes", () => Promise.resolve({ ok: true, seen: ["3 Ready"] }))).toEqual({
    what: "nodes",
    ok: true,
    seen: ["3 Ready"],
  });
});

test("a look that fails is a finding that says why, and stops no other", async () => {
  expect(await look("nodes", () => Promise.reject(new Error("kubectl is not installed")))).toEqual({
    what: "nodes",
    ok: false,
    seen: ["kubectl is not installed"],
  });
});

test("findings stand in columns, further lines below the first", () => {
  expect(
    table([
      { what: "nodes", ok: true, seen: ["k8s-master1 Ready", "k8s-master2 Ready"] },
      { what: "virtual IP", ok: false, seen: ["nobody has it"] },
      { what: "name", ok: true, seen: [] },
    ]),
  ).toBe(
    [
      "  ok  nodes       k8s-master1 Ready",
      "                  k8s-master2 Ready",
      "  !!  virtual IP  nobody has it",
      "  ok  name",
    ].join("\n"),
  );
  expect(table([])).toBe("");
});
