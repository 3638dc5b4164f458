import { randomInt } from "node:crypto";
import type { Answer, Call } from "../http";
import { bodyOf } from "./body";
import { answerOf, type Collection } from "./collection";
import type { LogStore } from "./log-store";
import { parseMonitorQuery } from "./monitor-query";
import { type MonitorBody, monitorBody } from "./monitor-schema";
import { evaluate, type State } from "./monitor-state";
import { plainRefusal } from "./refusal";
import type { Section } from "./section";

/** A monitor as the API answers it. */
export type Monitor = Omit<MonitorBody, "id" | "multi"> & {
  readonly id: number;
  readonly org_id: number;
  readonly multi: boolean;
  readonly created_at: number;
  readonly created: string;
  readonly modified: string;
  readonly deleted: null;
  readonly assets: readonly never[];
  readonly overall_state: State;
  readonly overall_state_modified: string | null;
  readonly creator: { readonly id: number; readonly name: string; readonly handle: string; readonly email: string };
};

const creator = { id: 1, name: "lab", handle: "lab@example.com", email: "lab@example.com" };

/** The organisation's monitors: /api/v1/monitor. Each is evaluated on the logs whenever it is read. */
export class Monitors implements Collection<Monitor> {
  readonly path = "/api/v1/monitor";
  readonly changedBy = "PUT";

  constructor(
    private readonly kept: Section<Monitor>,
    private readonly logs: LogStore,
    private readonly now: () => number,
  ) {}

  /** Undefined where the path is another's. */
  answer(call: Call): Answer | undefined {
    const validated = /^\/api\/v1\/monitor(?:\/(.+))?\/validate$/.exec(call.path);
    return validated === null ? answerOf(this, call) : this.validate(validated[1], call);
  }

  private validate(id: string | undefined, call: Call): Answer {
    if (id !== undefined) this.find(id);
    if (call.method !== "POST") throw plainRefusal(405, "Method Not Allowed");
    bodyOf(monitorBody, call.body, "Invalid monitor");
    return { status: 200, body: {} };
  }

  list(call: Call): Answer {
    return { status: 200, body: this.kept.all().map((monitor) => this.evaluated(monitor, call)) };
  }

  read(found: Monitor, call: Call): Answer {
    return { status: 200, body: this.evaluated(found, call) };
  }

  remove(found: Monitor): Answer {
    this.kept.keep(this.kept.all().filter((monitor) => monitor !== found));
    return { status: 200, body: { deleted_monitor_id: found.id } };
  }

  create(call: Call): Answer {
    const given = bodyOf(monitorBody, call.body, "Invalid monitor");
    const created = this.now();
    const monitor: Monitor = {
      ...given,
      id: randomInt(1e8, 1e9),
      org_id: 1,
      multi: parseMonitorQuery(given.query).by.length > 0,
      created_at: created,
      created: new Date(created).toISOString(),
      modified: new Date(created).toISOString(),
      deleted: null,
      assets: [],
      // Until it is evaluated for the first time.
      overall_state: "No Data",
      overall_state_modified: null,
      creator,
    };
    this.kept.keep([...this.kept.all(), monitor]);
    return { status: 200, body: monitor };
  }

  change(before: Monitor, call: Call): Answer {
    const given = bodyOf(monitorBody, call.body, "Invalid monitor");
    const multi = parseMonitorQuery(given.query).by.length > 0;
    const modified = new Date(this.now()).toISOString();
    return { status: 200, body: this.put(before, { ...before, ...given, id: before.id, multi, modified }) };
  }

  /** A monitor with its state now; with `group_states`, that of each group too. */
  private evaluated(monitor: Monitor, call: Call): object {
    const { overall, groups } = evaluate(monitor, this.logs.all(), this.now());
    const known =
      overall === monitor.overall_state && monitor.overall_state_modified !== null
        ? monitor
        : this.put(monitor, {
            ...monitor,
            overall_state: overall,
            overall_state_modified: new Date(this.now()).toISOString(),
          });
    const asked = call.query.get("group_states")?.toLowerCase().split(",");
    if (asked === undefined) return known;
    const shown = [...groups].filter(([, status]) => asked.includes("all") || asked.includes(status.toLowerCase()));
    return { ...known, state: { groups: Object.fromEntries(shown.map(([name, status]) => [name, { name, status }])) } };
  }

  private put(before: Monitor, after: Monitor): Monitor {
    this.kept.keep(this.kept.all().map((monitor) => (monitor === before ? after : monitor)));
    return after;
  }

  find(id: string): Monitor {
    const found = this.kept.all().find((monitor) => String(monitor.id) === id);
    if (found === undefined) {
      throw plainRefusal(404, "Monitor not found");
    }
    return found;
  }
}
