import { changes, faults } from "../../drill/faults";
import { violations } from "../../drill/violations";
import type { Measured } from "../../drill/measure";
import { seen, trialOf } from "./trials";

/** The measurements with another blackout of new connections. */
const answeredAfter = (blackout: number, measured: Measured): Measured => ({
  ...measured,
  connect: { ...measured.connect, blackout },
});

/** A trial in which the virtual IP moved at these times, without a blackout. */
const moving = (...at: number[]) => {
  const { after, ...trial } = trialOf(at.map((when) => seen("holder", when, { subject: `lb${when}`, state: "yes" })));
  return {
    ...trial,
    during: answeredAfter(40, trial.during),
    ...(after === undefined ? {} : { after: answeredAfter(40, after) }),
  };
};

test("a trial without a lost write and without a move has no violation", () => {
  expect(violations({ stays: true }, moving(-900))).toEqual([]);
});

test("a lost acknowledged write is a violation in any drill", () => {
  expect(violations({}, { ...moving(), lost: 2 })).toEqual(["acknowledged writes that are lost: 2"]);
});

test("a move of the virtual IP without a reason is a violation, before or after the recovery", () => {
  const moved = (count: number) => [`moves of the virtual IP without a reason: ${count}`];
  expect(violations({ stays: true }, moving(-900, 500))).toEqual(moved(1));
  expect(violations({ stays: true }, moving(500, 5500))).toEqual(moved(2));
  expect(violations({}, moving(500))).toEqual([]);
});

test("a virtual IP that must move but stays is a violation", () => {
  expect(violations({ moves: true }, moving(500))).toEqual([]);
  expect(violations({ moves: true }, moving(-900, 5500))).toEqual([
    "the virtual IP did not move, so the drill tested nothing",
  ]);
});

test("a failed request by the name on a node is a violation", () => {
  const asked = (at: number, error?: string) =>
    seen("node", at, { subject: "k8s-worker1", took: 5000, ...(error === undefined ? {} : { error }) });
  const verdict = (...requests: ReturnType<typeof asked>[]) => {
    const { node } = trialOf(requests).during;
    return violations({}, { ...moving(), during: { ...moving().during, node } });
  };
  expect(verdict(asked(-4000), asked(-1000))).toEqual([]);
  expect(verdict(asked(-4000), asked(-1000, "no such host"))).toEqual(["failed requests by the name on the nodes: 1"]);
});

describe("a blackout of new connections", () => {
  const withBlackout = (blackout: number) => answeredAfter(blackout, moving().during);
  const tooLong = (blackout: number, bound: number) => [
    `new connections failed for ${blackout} ms; the bound of this fault is ${bound} ms`,
  ];

  test("up to the fault's bound is not a violation", () => {
    expect(violations({ bound: 5000 }, { ...moving(), during: withBlackout(5000) })).toEqual([]);
    expect(violations({}, { ...moving(), during: withBlackout(1000) })).toEqual([]);
  });

  test("above the bound is a violation, before or after the recovery", () => {
    expect(violations({}, { ...moving(), during: withBlackout(10_000) })).toEqual(tooLong(10_000, 1000));
    expect(violations({ bound: 5000 }, { ...moving(), after: withBlackout(5001) })).toEqual(tooLong(5001, 5000));
  });

  test("may exceed the default bound only in faults that leave no working replacement", () => {
    const longer = faults.filter(({ bound }) => bound !== undefined).map(({ name }) => name);
    expect(longer.sort()).toEqual([
      "both-rebooted",
      "cold-start",
      "dns-down",
      "haproxy-hung",
      "master-cut",
      "quorum-lost",
    ]);
  });
});

test("under full load and at a reload of HAProxy, the virtual IP must not move", () => {
  const staying = [...faults, ...changes].filter(({ stays }) => stays === true).map(({ name }) => name);
  expect(staying.sort()).toEqual(["full-load", "haproxy-upgraded", "server-added", "timeout-changed"]);
});
