import { within } from "./query";

interface Titled {
  readonly title: string;
}

interface OfLogs extends Titled {
  /**
   * Search that selects logs of the pipeline.
   *
   * @default all logs of the pipeline
   */
  readonly query?: string;
}

/** The most frequent values of an attribute, with their counts: `by: "@action"`. */
export interface TopList extends OfLogs {
  readonly type: "top-list";
  readonly by: string;
  /**
   * Number of values.
   *
   * @default 10
   */
  readonly limit?: number;
}

/** Number of logs over time, as bars; with `by`, for each value of an attribute. */
export interface OverTime extends OfLogs {
  readonly type: "over-time";
  readonly by?: string;
}

/** The newest lines. */
export interface Lines extends OfLogs {
  readonly type: "lines";
}

/** A service check in Datadog: `datadog.agent.up` of `host:monitor`. */
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
  /** Placed from left to right, then from top to bottom. */
  readonly widgets: readonly (Widget & { readonly columns: number; readonly rows: number })[];
}

/** Columns of a dashboard in Datadog. */
export const COLUMNS = 12;

/** The dashboard as JSON for Datadog's API. The names are sorted, so that a diff shows only what has changed. */
export function dashboardJson(filter: string, { title, description = "", widgets }: LogDashboard): string {
  return sortedJson({
    title,
    description,
    layout_type: "ordered",
    reflow_type: "fixed",
    template_variables: [],
    notify_list: [],
    widgets: layout(widgets).map(({ widget, ...place }) => ({ definition: definition(filter, widget), layout: place })),
  });
}

/** Places widgets in a row while they fit, and starts the next row below the highest one. */
function layout(widgets: LogDashboard["widgets"]) {
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
        ...countRequest("scalar", within(filter, widget.query), by, limit),
        sort: { count: limit, order_by: [{ type: "formula", index: 0, order: "desc" }] },
      };
      return { type: "toplist", title, requests: [request] };
    }
    case "over-time": {
      const request = {
        ...countRequest("timeseries", within(filter, widget.query), widget.by, 10),
        display_type: "bars",
      };
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

function countRequest(format: "scalar" | "timeseries", query: string, by: string | undefined, limit: number): object {
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
