import { changes, faults } from "../../drill/faults";
import { violations } from "../../drill/violations";
import type { Measured } from "../../drill/measure";
import { seen, trialOf } from "./trials";

/** What clients met whose new connections were answered again after so many milliseconds. */
const answeredAfter = (blackout: number, measured: Measured): Measured => ({
  ...measured,
  connect: { ...measured.connect, blackout },
});

/** A trial in which the virtual IP moved at these times, and new connections were answered all the time. */
const moving = (...at: number[]) => {
  const { after, ...trial } = trialOf(at.map((when) => seen("holder", when, { subject: `lb${when}`, state: "yes" })));
  return {
    ...trial,
    during: answeredAfter(40, trial.during),
    ...(after === undefined ? {} : { after: answeredAfter(40, after) }),
  };
};

test("a drill in which nothing is lost and nothing moves breaks no promise", () => {
  expect(violations({ stays: true }, moving(-900))).toEqual([]);
});

test("an acknowledged write that is gone breaks one, whatever the drill", () => {
  expect(violations({}, { ...moving(), lost: 2 })).toEqual(["acknowledged writes that are gone: 2"]);
});

test("so does a move of the virtual IP without a reason, before or after the cure", () => {
  const moved = (count: number) => [`moves of the virtual IP, for which there was no reason: ${count}`];
  expect(violations({ stays: true }, moving(-900, 500))).toEqual(moved(1));
  expect(violations({ stays: true }, moving(500, 5500))).toEqual(moved(2));
  expect(violations({}, moving(500))).toEqual([]);
});

test("so does a virtual IP that stays where it has to move", () => {
  expect(violations({ moves: true }, moving(500))).toEqual([]);
  expect(violations({ moves: true }, moving(-900, 5500))).toEqual([
    "the virtual IP did not move, so the drill showed nothing",
  ]);
});

test("so does a request by the name that fails on a node", () => {
  const asked = (at: number, error?: string) =>
    seen("node", at, { subject: "k8s-worker1", took: 5000, ...(error === undefined ? {} : { error }) });
  const verdict = (...requests: ReturnType<typeof asked>[]) => {
    const { node } = trialOf(requests).during;
    return violations({}, { ...moving(), during: { ...moving().during, node } });
  };
  expect(verdict(asked(-4000), asked(-1000))).toEqual([]);
  expect(verdict(asked(-4000), asked(-1000, "no such host"))).toEqual([
    "requests by the name that failed on the nodes: 1",
  ]);
});

describe("a blackout of new connections", () => {
  const silentFor = (blackout: number) => answeredAfter(blackout, moving().during);
  const tooLong = (blackout: number, bound: number) => [
    `new connections failed for ${blackout} ms; the bound of this fault is ${bound} ms`,
  ];

  test("may take as long as the fault's bound", () => {
    expect(violations({ bound: 5000 }, { ...moving(), during: silentFor(5000) })).toEqual([]);
    expect(violations({}, { ...moving(), during: silentFor(1000) })).toEqual([]);
  });

  test("breaks a promise beyond it, before the cure or after it", () => {
    expect(violations({}, { ...moving(), during: silentFor(10_000) })).toEqual(tooLong(10_000, 1000));
    expect(violations({ bound: 5000 }, { ...moving(), after: silentFor(5001) })).toEqual(tooLong(5001, 5000));
  });

  test("of faults that no other load balancer or master can cover for may be longer, and of no other", () => {
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

test("under full load, and where HAProxy is only reloaded, there is none", () => {
  const staying = [...faults, ...changes].filter(({ stays }) => stays === true).map(({ name }) => name);
  expect(staying.sort()).toEqual(["full-load", "haproxy-upgraded", "server-added", "timeout-changed"]);
});
