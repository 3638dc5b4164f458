import { measure } from "../../drill/measure";
import type { ProbeEvent } from "../../drill/probe";
import type { Trial } from "../../drill/trial";

/** When the fault of a test strikes, milliseconds since 1970. */
export const fault = Date.UTC(2026, 0, 1, 12);

/** A probe's event at so many milliseconds from the fault. */
export function seen(kind: ProbeEvent["kind"], at: number, more: Partial<ProbeEvent> = {}): ProbeEvent {
  return { kind, ...more, at: fault + at };
}

/** A success every so many milliseconds in [from, to). */
export function steady(kind: ProbeEvent["kind"], every: number, from: number, to: number): ProbeEvent[] {
  return Array.from({ length: Math.ceil((to - from) / every) }, (_, index) =>
    seen(kind, from + index * every, { took: 1, ...(kind === "write" ? { number: index + 1, tries: 1 } : {}) }),
  );
}

/** A trial whose fault is cured after 5 s; all is whole after 8 s. */
export function trialOf(events: readonly ProbeEvent[], more: Partial<Trial> = {}): Trial {
  const [begun, cured, whole] = [fault, fault + 5000, fault + 8000];
  return {
    fault: "holder-killed",
    title: "The holder's host loses its power",
    struck: "lb1",
    begun,
    done: begun + 100,
    cured,
    whole,
    during: measure({ events, span: { from: begun, to: cured } }),
    after: measure({ events, span: { from: cured, to: whole }, clipped: true }),
    lost: 0,
    events,
    macs: { "02:00:00:00:00:01": "lb1", "02:00:00:00:00:02": "lb2" },
    ...more,
  };
}
