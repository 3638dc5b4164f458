/** Changes of the lab's stack, measured by the clients of a drill. */
import { explain } from "../../base/error";
import { withLabLock } from "../../base/lock";
import { eventsBy, isSuccess, ofKind, stateSpans } from "../../drill/events";
import { type Action, type Fault, fault } from "../../drill/faults/fault";
import { measure } from "../../drill/measure";
import type { Settings } from "../../drill/operator";
import type { ProbeEvent } from "../../drill/probe";
import { duration, lineOf } from "../../drill/report/table";
import { discover, trial, type Trial } from "../../drill/trial";
import type { Lab } from "../../verify/finding";

/** Changes settings of the stack with `pulumi up` while the drill's clients use the endpoint. */
export const changeUnderClients = (lab: Lab, title: string, settings: Settings): Promise<Trial> =>
  underClients(lab, title, async ({ operator }) => {
    operator.edit(settings);
    await operator.up();
  });

/** Runs a change while the drill's clients use the endpoint, and waits for the steady state. */
export async function underClients(
  lab: Lab,
  title: string,
  change: Action,
  options: Pick<Fault, "onNodes"> = { onNodes: true },
): Promise<Trial> {
  const masters = lab.stack.masters.map(({ name }) => name);
  const changed = fault("stack-changed", title, () => masters, { inject: change, seconds: 5, ...options });
  const run = `change-${Date.now().toString(36)}`;
  const observed = await withLabLock(lab.place, async () =>
    trial(await discover(lab), changed, run, () => undefined),
  ).catch((error: unknown) => {
    throw new Error(explain(error));
  });
  process.stderr.write(`${title}: ${lineOf(observed)}\n${watchesByMaster(observed).join("")}`);
  return observed;
}

/** What happened to the watches from the time that each master left HAProxy until the next one left, a line for each time. */
function watchesByMaster({ events, steadyAt }: Trial): string[] {
  const states = ofKind(events, "server");
  const isOut = ({ state = "" }: ProbeEvent) => state.startsWith("MAINT");
  const left = eventsBy(
    states.filter(({ subject }) => subject === states[0]?.subject),
    "server",
    "what",
  )
    .flatMap(([master, changes]) =>
      stateSpans(changes, steadyAt, (event) => String(isOut(event)))
        .filter(({ state }) => state === "true")
        .map(({ from }) => ({ master, from })),
    )
    .sort((one, other) => one.from - other.from);
  return left.map(({ master, from }, index) => {
    const { watch } = measure({ events, span: { from, to: left[index + 1]?.from ?? steadyAt } });
    return `  ${master}: ${watch.broken} of ${watch.held} watches broken, out for ${duration(watch.outFor)}\n`;
  });
}

/** Times and errors of the attempts that failed. */
export function failures(events: readonly ProbeEvent[], kind: ProbeEvent["kind"]): string[] {
  return ofKind(events, kind)
    .filter((event) => !isSuccess(event))
    .map(({ at, took = 0, error = "" }) => `${new Date(at).toISOString()} after ${Math.round(took)} ms: ${error}`);
}

/** Expects that every new connection succeeded, that no acknowledged write is missing, and that the change does not move the virtual IP. */
export function expectNoFailure({ during, lost, events, injectionStarted, steadyAt }: Trial): void {
  const measured = events.filter(({ at }) => at >= injectionStarted && at < steadyAt);
  expect([failures(measured, "connect"), failures(measured, "node")]).toEqual([[], []]);
  expect(during.connect.attempts).toBeGreaterThan(1000);
  expect({ lost, missed: during.watch.missed }).toEqual({ lost: 0, missed: 0 });
  // without a free processor, Keepalived may miss three advertisements; it then has the address back within milliseconds
  expect(during.moves).toBeLessThan(3);
}
