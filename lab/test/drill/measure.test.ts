import * as fc from "fast-check";
import { longestGap, lostWrites, measure, silences } from "../../drill/measure";
import type { ProbeEvent } from "../../drill/probe";
import { fault, seen, steady } from "./trials";

const span = { from: fault, to: fault + 5000 };

const measured = (events: readonly ProbeEvent[]) => measure({ events, span });

describe("the longest gap", () => {
  const within = { from: 100, to: 200 };
  // the probe begins before the fault and goes on after all is whole
  const times = fc
    .array(fc.integer({ min: 0, max: 300 }), { maxLength: 30 })
    .map((inner) => [0, ...inner.sort((a, b) => a - b), 300]);

  test.each<[readonly number[], number, string]>([
    [[90, 110, 150, 190, 210], 40, "two successes within the span"],
    [[10, 190, 210], 180, "a gap that began before the span"],
    [[90, 110, 400], 290, "a gap that ends after the span"],
    [[0, 90, 110, 150, 200, 250, 999], 50, "gaps that do not reach into the span do not count"],
    [[], 100, "no success at all: the whole span"],
    [[130], 70, "nothing after the last success: to the span's end"],
    [[180], 80, "nothing before the first success: from the span's beginning"],
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

  test("does not shrink when successes are taken away, and is at least the gap that they leave", () => {
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

  test("does not grow when a success is added", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 300 }), (answered, more) => {
        const denser = [...answered, more].sort((a, b) => a - b);
        expect(longestGap(denser, within)).toBeLessThanOrEqual(longestGap(answered, within));
      }),
    );
  });
});

describe("attempts", () => {
  test("a blackout reaches from answer to answer, not from start to start", () => {
    const { connect } = measured([
      ...steady("connect", 20, -1000, 1000),
      seen("connect", 1000, { took: 400 }),
      ...steady("connect", 20, 1500, 6000),
    ]);
    expect(connect).toMatchObject({ failed: 0, slowest: 400, attempts: 50 + 1 + 175 });
    expect(connect.blackout).toBe(1400 - 981);
  });

  test("failures count by when they ended, and do not end a blackout", () => {
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

  test("without a failure there is no time to failure", () => {
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

test("an attempt that was under way when the fault struck is the fault's", () => {
  const { connect } = measured([seen("connect", -10, { took: 1000, error: "no answer" })]);
  expect(connect).toMatchObject({ attempts: 1, failed: 1, failedAfter: 1000 });
});

test("where gaps are clipped, what was there before the span is another span's", () => {
  const events = [seen("connect", -3000), seen("connect", 3000)];
  expect(measure({ events, span }).connect.blackout).toBe(6000);
  expect(measure({ events, span, clipped: true }).connect.blackout).toBe(3000);
});

describe("writes", () => {
  const writes = steady("write", 100, 0, 5000);

  test("an acknowledged write that is not there afterwards is lost", () => {
    const kept = new Set(writes.flatMap(({ number = 0 }) => (number === 7 || number === 9 ? [] : [number])));
    expect(lostWrites(writes, kept)).toBe(2);
  });

  test("one that was never acknowledged cannot be lost", () => {
    const events = [seen("write", 10, { number: 1, error: "EOF" })];
    expect(measured(events).write.failed).toBe(1);
    expect(lostWrites(events, new Set())).toBe(0);
  });

  test("one that was acknowledged before the fault can be lost by it", () => {
    expect(lostWrites([seen("write", -500, { number: 1, took: 1 })], new Set())).toBe(1);
  });

  test("one that was done already when it was tried again counts", () => {
    expect(measured([...writes, seen("write", 30, { number: 99, tries: 2, twice: true })]).write.twice).toBe(1);
  });
});

/** A watch that is told of writes as they are acknowledged. */
const told = (subject: string, writes: readonly ProbeEvent[]) => [
  seen("watch", -900, { subject, what: "open" }),
  ...writes.map(({ at, number }) => seen("watch", at - fault + 2, { subject, what: "event", number })),
];

describe("watches", () => {
  const writes = steady("write", 100, 0, 5000);

  test("one that tells of everything is neither broken nor out, and misses nothing", () => {
    const { watch } = measured([...writes, ...told("0", writes)]);
    expect(watch).toEqual({ held: 1, broken: 0, outFor: 0, missed: 0, silent: 1 });
  });

  test("one that ends is out from its last event until it is open again, after any failed tries", () => {
    const { watch } = measured([
      seen("watch", -900, { subject: "0", what: "open" }),
      seen("watch", 100, { subject: "0", what: "event", number: 2 }),
      ...[500, 520, 1520].map((at) => seen("watch", at, { subject: "0", what: "end", error: "EOF" })),
      seen("watch", 1700, { subject: "0", what: "open" }),
    ]);
    expect(watch).toMatchObject({ held: 1, broken: 1, outFor: 1600 });
  });

  test("one that does not come back is out to the end; one that never was open, since the fault", () => {
    const ending = seen("watch", 1000, { subject: "0", what: "end", error: "EOF" });
    expect(measured([seen("watch", 400, { subject: "0", what: "open" }), ending]).watch.outFor).toBe(4600);
    expect(measured([ending]).watch.outFor).toBe(5000);
  });

  test("an end before the fault is none of the fault's", () => {
    const { watch } = measured([
      seen("watch", -500, { subject: "0", what: "end", error: "EOF" }),
      seen("watch", -400, { subject: "0", what: "open" }),
    ]);
    expect(watch).toMatchObject({ broken: 0, outFor: 0 });
  });

  test("acknowledged writes that a watch never tells of are missed, by each watch", () => {
    const two = [...told("0", writes.slice(0, 40)), ...told("1", writes.slice(1))];
    expect(measured([...writes, ...two]).watch.missed).toBe(11);
  });

  test("one that stays open and tells nothing while writes are acknowledged is silent", () => {
    const { watch } = measured([...writes, ...told("0", writes), ...told("1", writes.slice(0, 20))]);
    expect(watch).toMatchObject({ broken: 0, outFor: 0 });
    // the write at 2.0 s is acknowledged after 1 ms
    expect(watch.silent).toBe(5000 - 2001);
  });

  test("a silence ends with the next word", () => {
    const late = seen("watch", 3500, { subject: "0", what: "event", number: 21 });
    const { watch } = measured([...writes, ...told("0", writes.slice(0, 20)), late]);
    expect(watch.silent).toBe(3500 - 2001);
  });

  test("a silence that an end ends is an outage instead", () => {
    const { watch } = measured([
      ...writes,
      ...told("0", writes.slice(0, 20)),
      seen("watch", 4990, { subject: "0", what: "end", error: "EOF" }),
      seen("watch", 4995, { subject: "0", what: "open" }),
    ]);
    // what is silent for 1 ms is the time from each write's acknowledgement to the watch's word of it
    expect(watch).toMatchObject({ broken: 1, outFor: 4995 - 1902, silent: 1 });
  });

  test("nothing to tell is no silence: no write was acknowledged, or each had been told of before", () => {
    const stalled = writes.map((write) => ({ ...write, took: 0, error: "EOF" }));
    expect(measured([...stalled, ...told("0", [])]).watch.silent).toBe(0);
    const slow = [seen("write", 1000, { number: 1, took: 3000 })];
    expect(
      measured([
        ...slow,
        seen("watch", -900, { subject: "0", what: "open" }),
        seen("watch", 1500, { subject: "0", what: "event", number: 1 }),
      ]).watch.silent,
    ).toBe(0);
  });

  test("silences lie within the span, in order, and apart", () => {
    const word = fc.record({
      at: fc.integer({ min: -900, max: 6000 }),
      number: fc.integer({ min: 1, max: 50 }),
      what: fc.constantFrom("open", "event", "end"),
    });
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const lane = words.sort((a, b) => a.at - b.at).map(({ at, ...more }) => seen("watch", at, more));
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

  test("how the words of several watches are interleaved does not matter", () => {
    const lanes = [told("0", writes.slice(0, 20)), told("1", writes)];
    const inTurn = lanes.flat().sort((a, b) => a.at - b.at);
    expect(measured([...writes, ...lanes.flat()])).toEqual(measured([...inTurn, ...writes]));
  });
});

describe("leases", () => {
  const renewed = (subject: string, at: number) => seen("lease", at + 200, { subject, renewed: fault + at });

  test("the last node to renew for the first time after the fault counts", () => {
    const events = [
      renewed("a", -4000),
      renewed("b", -2000),
      renewed("b", 900),
      renewed("a", 3000),
      renewed("b", 4900),
    ];
    expect(measured(events).leases).toBe(3000);
  });

  test("one that renews after the cure counts as well", () => {
    expect(measured([renewed("a", 3000), renewed("b", 5500)]).leases).toBe(5500);
  });

  test("there is no time where one has not renewed, or none is known", () => {
    expect(measured([renewed("a", 3000), renewed("b", -1)]).leases).toBeUndefined();
    expect(measured([]).leases).toBeUndefined();
  });
});

describe("the virtual IP", () => {
  test("moves each time it comes to be on a load balancer", () => {
    const holds = (at: number, subject: string, state: string) => seen("holder", at, { subject, state });
    const events = [holds(-900, "a", "yes"), holds(-900, "b", "no"), holds(100, "a", "no"), holds(200, "b", "yes")];
    expect(measured(events).moves).toBe(1);
    expect(measured([...events, holds(5000, "a", "yes")]).moves).toBe(1);
  });

  test("is answered for by two only while both answer, within the span", () => {
    const answers = (at: number, state: string) => seen("arp", at, { state });
    expect(measured([answers(-900, "a"), answers(100, "a b"), answers(350, "b")]).twoAnswer).toBe(250);
    expect(measured([answers(-900, "a b"), answers(350, "b")]).twoAnswer).toBe(350);
    expect(measured([answers(-900, "a"), answers(4000, "a b")]).twoAnswer).toBe(1000);
    expect(measured([answers(-900, "a"), answers(100, ""), answers(300, "b")]).twoAnswer).toBe(0);
  });
});
