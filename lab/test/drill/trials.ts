import { measure } from "../../drill/measure";
import type { ProbeEvent } from "../../drill/probe";
import type { Trial } from "../../drill/trial";

/** The time of the fault in tests, in milliseconds since 1970. */
export const fault = Date.UTC(2026, 0, 1, 12);

/** An event of the probe; `at` is in milliseconds from the fault. */
export function seen(kind: ProbeEvent["kind"], at: number, more: Partial<ProbeEvent> = {}): ProbeEvent {
  return { kind, ...more, at: fault + at };
}

/** Successes at a fixed interval in [from, to). */
export function steady(kind: ProbeEvent["kind"], every: number, from: number, to: number): ProbeEvent[] {
  return Array.from({ length: Math.ceil((to - from) / every) }, (_, index) =>
    seen(kind, from + index * every, { took: 1, ...(kind === "write" ? { number: index + 1, tries: 1 } : {}) }),
  );
}

/** A trial with the recovery after 5 s and the steady state after 8 s. */
export function trialOf(events: readonly ProbeEvent[], more: Partial<Trial> = {}): Trial {
  const [injectionStarted, recoveryStarted, steadyAt] = [fault, fault + 5000, fault + 8000];
  return {
    fault: "holder-killed",
    title: "The holder's host loses its power",
    targets: "lb1",
    injectionStarted,
    injectionEnded: injectionStarted + 100,
    recoveryStarted,
    steadyAt,
    during: measure({ events, span: { from: injectionStarted, to: recoveryStarted } }),
    after: measure({ events, span: { from: recoveryStarted, to: steadyAt }, clipped: true }),
    lost: 0,
    events,
    macs: { "02:00:00:00:00:01": "lb1", "02:00:00:00:00:02": "lb2" },
    ...more,
  };
}
