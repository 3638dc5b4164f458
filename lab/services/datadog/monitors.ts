import { randomInt } from "node:crypto";
import type { Answer, Call } from "../http";
import type { Section } from "./account-state";
import { bodyOf } from "./body";
import type { LogStore } from "./log-store";
import { parseMonitorQuery } from "./monitor-query";
import { type MonitorBody, monitorBody } from "./monitor-schema";
import { evaluate, type State } from "./monitor-state";
import { plainRefusal } from "./refusal";

const base = "/api/v1/monitor";

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
export class Monitors {
  constructor(
    private readonly kept: Section<Monitor>,
    private readonly logs: LogStore,
    private readonly now: () => number,
  ) {}

  /** Undefined where the path is another's. */
  answer(call: Call): Answer | undefined {
    const [, id, validate] = /^\/api\/v1\/monitor(?:\/(\d+))?(\/validate)?$/.exec(call.path) ?? [];
    if (id === undefined && validate === undefined && call.path !== base) {
      if (call.path.startsWith(`${base}/`)) throw plainRefusal(404, "Monitor not found");
      return undefined;
    }
    const found = id === undefined ? undefined : this.find(Number(id));
    if (validate !== undefined) {
      if (call.method !== "POST") throw plainRefusal(405, "Method Not Allowed");
      bodyOf(monitorBody, call.body, "Invalid monitor");
      return { status: 200, body: {} };
    }
    return found === undefined ? this.answerAll(call) : this.answerOne(found, call);
  }

  private answerAll(call: Call): Answer {
    switch (call.method) {
      case "GET":
        return { status: 200, body: this.kept.all().map((monitor) => this.evaluated(monitor, call)) };
      case "POST":
        return this.create(bodyOf(monitorBody, call.body, "Invalid monitor"));
      default:
        throw plainRefusal(405, "Method Not Allowed");
    }
  }

  private answerOne(found: Monitor, call: Call): Answer {
    switch (call.method) {
      case "GET":
        return { status: 200, body: this.evaluated(found, call) };
      case "PUT":
        return this.replace(found, bodyOf(monitorBody, call.body, "Invalid monitor"));
      case "DELETE":
        this.kept.keep(this.kept.all().filter((monitor) => monitor !== found));
        return { status: 200, body: { deleted_monitor_id: found.id } };
      default:
        throw plainRefusal(405, "Method Not Allowed");
    }
  }

  private create(given: MonitorBody): Answer {
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

  private replace(before: Monitor, given: MonitorBody): Answer {
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

  private find(id: number): Monitor {
    const found = this.kept.all().find((monitor) => monitor.id === id);
    if (found === undefined) {
      throw plainRefusal(404, "Monitor not found");
    }
    return found;
  }
}
