import { UserError } from "../../host/error";
import { within } from "./query";

/** What a part of a dashboard shows. */
// a constant beside the type, as Pulumi's analyzer takes a list of values
export const WidgetType = {
  /** The values of an attribute that occur most, with their counts. */
  topList: "top-list",
  /** Counts over time, as bars; with `by`, one colour for each value. */
  overTime: "over-time",
  /** The newest lines. */
  lines: "lines",
  /** A service check of Datadog's. */
  check: "check",
} as const;
export type WidgetType = (typeof WidgetType)[keyof typeof WidgetType];

/** A part of a dashboard. */
export interface DashboardWidget {
  readonly type: WidgetType;
  readonly title: string;
  /** Width, of the 12 columns of a dashboard. */
  readonly columns: number;
  /** Height. */
  readonly rows: number;
  /** Which of the pipeline's logs count, in search syntax. Default all. */
  readonly query?: string;
  /** The attribute whose values are counted: `@action`. Needed by `top-list`. */
  readonly by?: string;
  /** How many values `top-list` shows. Default 10. */
  readonly limit?: number;
  /** The service check of `check`: `datadog.agent.up`. */
  readonly check?: string;
  /** What the service check is of: `host:monitor`. Default: everything. */
  readonly tags?: string[];
}

/** A dashboard of the pipeline's logs. */
export interface LogDashboard {
  readonly title: string;
  readonly description?: string;
  /** From left to right and from top to bottom. */
  readonly widgets: DashboardWidget[];
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

function definition(filter: string, widget: DashboardWidget): object {
  const { title } = widget;
  switch (widget.type) {
    case "top-list": {
      const { limit = 10 } = widget;
      const by = needed(widget, "by");
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
      return {
        type: "check_status",
        title,
        check: needed(widget, "check"),
        grouping: "cluster",
        group_by: [],
        tags: widget.tags ?? [],
      };
  }
}

/** @throws UserError where the widget lacks what its type needs */
function needed(widget: DashboardWidget, field: "by" | "check"): string {
  const value = widget[field];
  if (value !== undefined) return value;
  throw new UserError(`is missing, which ${widget.type} needs`, `dashboard, ${widget.title}, ${field}`, "Give it.");
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
