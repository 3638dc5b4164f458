import { within } from "./query";

interface Titled {
  readonly title: string;
}

interface OfLogs extends Titled {
  /** Which of the pipeline's logs count, in search syntax. Default all. */
  readonly query?: string;
}

/** The values of an attribute that occur most, with their counts: `by: "@action"`. */
export interface TopList extends OfLogs {
  readonly type: "top-list";
  readonly by: string;
  /** How many. Default 10. */
  readonly limit?: number;
}

/** Counts over time, as bars; with `by`, one colour for each value. */
export interface OverTime extends OfLogs {
  readonly type: "over-time";
  readonly by?: string;
}

/** The newest lines. */
export interface Lines extends OfLogs {
  readonly type: "lines";
}

/** A service check of Datadog's: `datadog.agent.up` of `host:monitor`. */
export interface ServiceCheck extends Titled {
  readonly type: "check";
  readonly check: string;
  readonly tags: readonly string[];
}

export type Widget = TopList | OverTime | Lines | ServiceCheck;

/** A dashboard of the pipeline's logs. */
export interface LogDashboard {
  readonly title: string;
  readonly description?: string;
  /** From left to right and from top to bottom. */
  readonly widgets: readonly (Widget & { readonly columns: number; readonly rows: number })[];
}

/** Columns of a dashboard of Datadog's. */
export const COLUMNS = 12;

/** The dashboard as Datadog's API takes it, in JSON whose names are in order, so that a change is seen as what it is. */
export function dashboardJson(filter: string, { title, description = "", widgets }: LogDashboard): string {
  return sortedJson({
    title,
    description,
    layout_type: "ordered",
    reflow_type: "fixed",
    template_variables: [],
    notify_list: [],
    widgets: placed(widgets).map(({ widget, ...layout }) => ({ definition: definition(filter, widget), layout })),
  });
}

/** Side by side as long as the row has room, then below the highest of the row. */
function placed(widgets: LogDashboard["widgets"]) {
  let [x, y, below] = [0, 0, 0];
  return widgets.map((widget) => {
    const { columns: width, rows: height } = widget;
    if (x + width > COLUMNS) [x, y] = [0, below];
    const place = { widget, x, y, width, height };
    x += width;
    below = Math.max(below, y + height);
    return place;
  });
}

function definition(filter: string, widget: Widget): object {
  const { title } = widget;
  switch (widget.type) {
    case "top-list": {
      const { by, limit = 10 } = widget;
      const request = {
        ...counted("scalar", within(filter, widget.query), by, limit),
        sort: { count: limit, order_by: [{ type: "formula", index: 0, order: "desc" }] },
      };
      return { type: "toplist", title, requests: [request] };
    }
    case "over-time": {
      const request = { ...counted("timeseries", within(filter, widget.query), widget.by, 10), display_type: "bars" };
      return { type: "timeseries", title, show_legend: widget.by !== undefined, requests: [request] };
    }
    case "lines": {
      const request = {
        response_format: "event_list",
        query: { data_source: "logs_stream", query_string: within(filter, widget.query), indexes: [], storage: "hot" },
        columns: ["status_line", "timestamp", "content"].map((field) => ({ field, width: "auto" })),
      };
      return { type: "list_stream", title, requests: [request] };
    }
    case "check":
      return { type: "check_status", title, check: widget.check, grouping: "cluster", group_by: [], tags: widget.tags };
  }
}

function counted(format: "scalar" | "timeseries", query: string, by: string | undefined, limit: number): object {
  const group = { facet: by, limit, sort: { aggregation: "count", order: "desc" } };
  return {
    response_format: format,
    formulas: [{ formula: "logs" }],
    queries: [
      {
        data_source: "logs",
        name: "logs",
        indexes: ["*"],
        search: { query },
        compute: { aggregation: "count" },
        group_by: by === undefined ? [] : [group],
      },
    ],
  };
}

function sortedJson(value: object): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
