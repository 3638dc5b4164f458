import * as fc from "fast-check";
import { longestGap, lostWrites, measure, silences } from "../../drill/measure";
import type { ProbeEvent } from "../../drill/probe";
import { fault, seen, steady } from "./trials";

const span = { from: fault, to: fault + 5000 };

const measured = (events: readonly ProbeEvent[]) => measure({ events, span });

describe("the longest gap", () => {
  const within = { from: 100, to: 200 };
  // the probe begins before the fault and ends after the steady state
  const times = fc
    .array(fc.integer({ min: 0, max: 300 }), { maxLength: 30 })
    .map((inner) => [0, ...inner.sort((a, b) => a - b), 300]);

  test.each<[readonly number[], number, string]>([
    [[90, 110, 150, 190, 210], 40, "two successes within the span"],
    [[10, 190, 210], 180, "a gap that begins before the span"],
    [[90, 110, 400], 290, "a gap that ends after the span"],
    [[0, 90, 110, 150, 200, 250, 999], 50, "gaps outside the span, which do not count"],
    [[], 100, "no success: the length of the span"],
    [[130], 70, "no success after the last one: up to the span's end"],
    [[180], 80, "no success before the first one: from the span's beginning"],
    [[250], 100, "a first success after the span"],
  ])("%j is %i: %s", (answered, gap) => expect(longestGap(answered, within)).toBe(gap));

  test("is never negative, and never shorter than any gap within the span", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 })), (unsorted) => {
        const answered = unsorted.sort((a, b) => a - b);
        const longest = longestGap(answered, within);
        expect(longest).toBeGreaterThanOrEqual(0);
        const inside = answered.filter((time) => time >= within.from && time <= within.to);
        for (const [index, time] of inside.slice(1).entries()) {
          expect(longest).toBeGreaterThanOrEqual(time - (inside[index] ?? time));
        }
      }),
    );
  });

  test("does not shrink if a success is removed, and is at least the resulting gap", () => {
    fc.assert(
      fc.property(times, fc.nat(), (answered, pick) => {
        fc.pre(answered.length > 2);
        const taken = 1 + (pick % (answered.length - 2));
        const fewer = answered.filter((_, index) => index !== taken);
        expect(longestGap(fewer, within)).toBeGreaterThanOrEqual(longestGap(answered, within));
        const [before, next] = [answered[taken - 1]!, answered[taken + 1]!];
        if (next > within.from && before < within.to) {
          expect(longestGap(fewer, within)).toBeGreaterThanOrEqual(next - before);
        }
      }),
    );
  });

  test("does not grow if a success is added", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 300 }), (answered, more) => {
        const denser = [...answered, more].sort((a, b) => a - b);
        expect(longestGap(denser, within)).toBeLessThanOrEqual(longestGap(answered, within));
      }),
    );
  });
});

describe("attempts", () => {
  test("a blackout is the time between two responses, not between two begins", () => {
    const { connect } = measured([
      ...steady("connect", 20, -1000, 1000),
      seen("connect", 1000, { took: 400 }),
      ...steady("connect", 20, 1500, 6000),
    ]);
    expect(connect).toMatchObject({ failed: 0, slowest: 400, attempts: 50 + 1 + 175 });
    expect(connect.blackout).toBe(1400 - 981);
  });

  test("failures count by their end, and do not end a blackout", () => {
    const failures = [-20, 1000, 1020, 1040, 5000].map((at, index) =>
      seen("request", at, { took: [1, 2, 2, 1000, 1][index]!, error: "EOF" }),
    );
    const { request } = measured([
      ...steady("request", 20, -1000, 1000),
      ...failures,
      ...steady("request", 20, 1060, 6000),
    ]);
    expect(request).toMatchObject({ failed: 3, failedAfter: 2, slowest: 1, blackout: 80 });
  });

  test("without a failure there is no median duration of failures", () => {
    expect(measured(steady("connect", 20, -1000, 6000)).connect).not.toHaveProperty("failedAfter");
  });

  test("their order does not matter", () => {
    const attempt = fc.record({
      kind: fc.constantFrom<ProbeEvent["kind"]>("connect", "request", "write"),
      at: fc.integer({ min: -500, max: 6000 }),
      took: fc.integer({ min: 0, max: 1500 }),
      error: fc.constantFrom(undefined, "EOF"),
      number: fc.nat(50),
    });
    const shuffled = fc
      .array(attempt, { maxLength: 60 })
      .chain((attempts) =>
        fc.tuple(
          fc.constant(attempts),
          fc.shuffledSubarray(attempts, { minLength: attempts.length, maxLength: attempts.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        const [a, b] = [one, other].map((events) =>
          measured(events.map(({ kind, at, ...more }) => seen(kind, at, more))),
        );
        expect(a).toEqual(b);
      }),
    );
  });
});

test("an attempt that began before the fault and ended after it counts", () => {
  const { connect } = measured([seen("connect", -10, { took: 1000, error: "no answer" })]);
  expect(connect).toMatchObject({ attempts: 1, failed: 1, failedAfter: 1000 });
});

test("a clipped gap counts from the beginning of the span", () => {
  const events = [seen("connect", -3000), seen("connect", 3000)];
  expect(measure({ events, span }).connect.blackout).toBe(6000);
  expect(measure({ events, span, clipped: true }).connect.blackout).toBe(3000);
});

describe("writes", () => {
  const writes = steady("write", 100, 0, 5000);

  test("an acknowledged write that is missing afterwards is lost", () => {
    const kept = new Set(writes.flatMap(({ number = 0 }) => (number === 7 || number === 9 ? [] : [number])));
    expect(lostWrites(writes, kept)).toBe(2);
  });

  test("a write without an acknowledgement is not lost", () => {
    const events = [seen("write", 10, { number: 1, error: "EOF" })];
    expect(measured(events).write.failed).toBe(1);
    expect(lostWrites(events, new Set())).toBe(0);
  });

  test("a write that was acknowledged before the fault can be lost", () => {
    expect(lostWrites([seen("write", -500, { number: 1, took: 1 })], new Set())).toBe(1);
  });

  test("a write that had succeeded before a retry is counted as twice", () => {
    expect(measured([...writes, seen("write", 30, { number: 99, tries: 2, twice: true })]).write.twice).toBe(1);
  });
});

/** A watch that reports writes as they are acknowledged. */
const reported = (subject: string, writes: readonly ProbeEvent[]) => [
  seen("watch", -900, { subject, what: "open" }),
  ...writes.map(({ at, number }) => seen("watch", at - fault + 2, { subject, what: "event", number })),
];

describe("watches", () => {
  const writes = steady("write", 100, 0, 5000);

  test("a watch that reports every write is not broken and misses nothing", () => {
    const { watch } = measured([...writes, ...reported("0", writes)]);
    expect(watch).toEqual({ held: 1, broken: 0, outFor: 0, missed: 0, silent: 1 });
  });

  test("a watch that ends is an outage from its last event until it is open again", () => {
    const { watch } = measured([
      seen("watch", -900, { subject: "0", what: "open" }),
      seen("watch", 100, { subject: "0", what: "event", number: 2 }),
      ...[500, 520, 1520].map((at) => seen("watch", at, { subject: "0", what: "end", error: "EOF" })),
      seen("watch", 1700, { subject: "0", what: "open" }),
    ]);
    expect(watch).toMatchObject({ held: 1, broken: 1, outFor: 1600 });
  });

  test("a closed watch is an outage until the end; one that was never open, since the fault", () => {
    const ending = seen("watch", 1000, { subject: "0", what: "end", error: "EOF" });
    expect(measured([seen("watch", 400, { subject: "0", what: "open" }), ending]).watch.outFor).toBe(4600);
    expect(measured([ending]).watch.outFor).toBe(5000);
  });

  test("an end before the fault does not count", () => {
    const { watch } = measured([
      seen("watch", -500, { subject: "0", what: "end", error: "EOF" }),
      seen("watch", -400, { subject: "0", what: "open" }),
    ]);
    expect(watch).toMatchObject({ broken: 0, outFor: 0 });
  });

  test("acknowledged writes that a watch never reports are missed, counted per watch", () => {
    const two = [...reported("0", writes.slice(0, 40)), ...reported("1", writes.slice(1))];
    expect(measured([...writes, ...two]).watch.missed).toBe(11);
  });

  test("a watch that stays open but does not report acknowledged writes is silent", () => {
    const { watch } = measured([...writes, ...reported("0", writes), ...reported("1", writes.slice(0, 20))]);
    expect(watch).toMatchObject({ broken: 0, outFor: 0 });
    // the write at 2.0 s is acknowledged after 1 ms
    expect(watch.silent).toBe(5000 - 2001);
  });

  test("a silence ends with the next event", () => {
    const late = seen("watch", 3500, { subject: "0", what: "event", number: 21 });
    const { watch } = measured([...writes, ...reported("0", writes.slice(0, 20)), late]);
    expect(watch.silent).toBe(3500 - 2001);
  });

  test("a silence that ends with the watch's end is an outage instead", () => {
    const { watch } = measured([
      ...writes,
      ...reported("0", writes.slice(0, 20)),
      seen("watch", 4990, { subject: "0", what: "end", error: "EOF" }),
      seen("watch", 4995, { subject: "0", what: "open" }),
    ]);
    // the silence of 1 ms is the time from a write's acknowledgement to the watch's event
    expect(watch).toMatchObject({ broken: 1, outFor: 4995 - 1902, silent: 1 });
  });

  test("without an unreported acknowledged write there is no silence", () => {
    const stalled = writes.map((write) => ({ ...write, took: 0, error: "EOF" }));
    expect(measured([...stalled, ...reported("0", [])]).watch.silent).toBe(0);
    const slow = [seen("write", 1000, { number: 1, took: 3000 })];
    expect(
      measured([
        ...slow,
        seen("watch", -900, { subject: "0", what: "open" }),
        seen("watch", 1500, { subject: "0", what: "event", number: 1 }),
      ]).watch.silent,
    ).toBe(0);
  });

  test("silences are in the span, in order, and do not overlap", () => {
    const event = fc.record({
      at: fc.integer({ min: -900, max: 6000 }),
      number: fc.integer({ min: 1, max: 50 }),
      what: fc.constantFrom("open", "event", "end"),
    });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const lane = events.sort((a, b) => a.at - b.at).map(({ at, ...more }) => seen("watch", at, more));
        let last = span.from;
        for (const { from, to } of silences(lane, writes, span)) {
          expect(from).toBeGreaterThanOrEqual(last);
          expect(to).toBeGreaterThan(from);
          last = to;
        }
        expect(last).toBeLessThanOrEqual(span.to);
      }),
    );
  });

  test("the order of the events of several watches does not matter", () => {
    const lanes = [reported("0", writes.slice(0, 20)), reported("1", writes)];
    const interleaved = lanes.flat().sort((a, b) => a.at - b.at);
    expect(measured([...writes, ...lanes.flat()])).toEqual(measured([...interleaved, ...writes]));
  });
});

describe("leases", () => {
  const renewed = (subject: string, at: number) => seen("lease", at + 200, { subject, renewed: fault + at });

  test("the figure is the time until the last node's first renewal after the fault", () => {
    const events = [
      renewed("a", -4000),
      renewed("b", -2000),
      renewed("b", 900),
      renewed("a", 3000),
      renewed("b", 4900),
    ];
    expect(measured(events).leases).toBe(3000);
  });

  test("a renewal after the recovery counts too", () => {
    expect(measured([renewed("a", 3000), renewed("b", 5500)]).leases).toBe(5500);
  });

  test("there is no figure if a node has not renewed, or if no node is known", () => {
    expect(measured([renewed("a", 3000), renewed("b", -1)]).leases).toBeUndefined();
    expect(measured([]).leases).toBeUndefined();
  });
});

describe("the virtual IP", () => {
  test("moves each time that a load balancer begins to hold it", () => {
    const holds = (at: number, subject: string, state: string) => seen("holder", at, { subject, state });
    const events = [holds(-900, "a", "yes"), holds(-900, "b", "no"), holds(100, "a", "no"), holds(200, "b", "yes")];
    expect(measured(events).moves).toBe(1);
    expect(measured([...events, holds(5000, "a", "yes")]).moves).toBe(1);
  });

  test("is answered by two hosts only while both answer in the span", () => {
    const answers = (at: number, state: string) => seen("arp", at, { state });
    expect(measured([answers(-900, "a"), answers(100, "a b"), answers(350, "b")]).twoAnswer).toBe(250);
    expect(measured([answers(-900, "a b"), answers(350, "b")]).twoAnswer).toBe(350);
    expect(measured([answers(-900, "a"), answers(4000, "a b")]).twoAnswer).toBe(1000);
    expect(measured([answers(-900, "a"), answers(100, ""), answers(300, "b")]).twoAnswer).toBe(0);
  });
});
