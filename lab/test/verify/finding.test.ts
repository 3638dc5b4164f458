import { table } from "../../verify/finding";
import { runCheck } from "../../verify/verify";

test("a check gives its result", async () => {
  expect(await runCheck("nodes", () => Promise.resolve({ ok: true, seen: ["3 Ready"] }))).toEqual({
    what: "nodes",
    ok: true,
    seen: ["3 Ready"],
  });
});

test("an error of a check is a failed finding with the error's message", async () => {
  expect(await runCheck("nodes", () => Promise.reject(new Error("kubectl is not installed")))).toEqual({
    what: "nodes",
    ok: false,
    seen: ["kubectl is not installed"],
  });
});

test("findings are columns, with further lines below the first one", () => {
  expect(
    table([
      { what: "nodes", ok: true, seen: ["k8s-master1 Ready", "k8s-master2 Ready"] },
      { what: "virtual IP", ok: false, seen: ["no load balancer holds it"] },
      { what: "name", ok: true, seen: [] },
    ]),
  ).toBe(
    [
      "  ok  nodes       k8s-master1 Ready",
      "                  k8s-master2 Ready",
      "  !!  virtual IP  no load balancer holds it",
      "  ok  name",
    ].join("\n"),
  );
  expect(table([])).toBe("");
});
