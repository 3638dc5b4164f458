import { UserError } from "../../host/error";
import { within } from "./query";

/** What a widget shows. */
// A constant and a type with the same name, because Pulumi's component analyzer does not accept a union of literals.
export const WidgetType = {
  /** The most frequent values of an attribute, with their counts. */
  topList: "top-list",
  /** Number of logs over time, as bars; with `by`, for each value of an attribute. */
  overTime: "over-time",
  /** The newest lines. */
  lines: "lines",
  /** A service check in Datadog. */
  check: "check",
} as const;
export type WidgetType = (typeof WidgetType)[keyof typeof WidgetType];

/** A part of a dashboard. */
export interface DashboardWidget {
  readonly type: WidgetType;
  readonly title: string;
  /** Width, of the 12 columns of a dashboard. */
  readonly columns: number;
  /** Height, at least 1. */
  readonly rows: number;
  /**
   * Search that selects logs of the pipeline. Not used by `check`.
   *
   * @default all logs of the pipeline
   */
  readonly query?: string;
  /**
   * Attribute by whose values logs are counted: `@action`. Required for `top-list`, optional for `over-time`. For `check`, the
   * key of a tag by whose values it is shown, optional.
   */
  readonly by?: string;
  /**
   * Number of values of a `top-list`.
   *
   * @default 10
   */
  readonly limit?: number;
  /** Name of the service check: `datadog.agent.up`. Required for `check`. */
  readonly check?: string;
  /**
   * Tags that select the service check: `host:monitor`. Used only by `check`.
   *
   * @default all its tags
   */
  readonly tags?: string[];
}

/** A dashboard of the pipeline's logs. */
export interface LogDashboard {
  readonly title: string;
  readonly description?: string;
  /** Placed from left to right, then from top to bottom. */
  readonly widgets: DashboardWidget[];
}

/** Columns of a dashboard in Datadog. */
export const COLUMNS = 12;

/**
 * The dashboard as JSON for Datadog's API. The names are sorted, so that a diff shows only what has changed.
 *
 * @param where place of the dashboard in errors
 * @throws UserError if a widget does not have a field that its type requires
 */
export function dashboardJson(
  filter: string,
  { title, description = "", widgets }: LogDashboard,
  where = "dashboard",
): string {
  return sortedJson({
    title,
    description,
    layout_type: "ordered",
    reflow_type: "fixed",
    template_variables: [],
    notify_list: [],
    widgets: layout(widgets).map(({ widget, ...place }) => ({
      definition: definition(filter, widget, where),
      layout: place,
    })),
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

function definition(filter: string, widget: DashboardWidget, where: string): object {
  const { title } = widget;
  switch (widget.type) {
    case "top-list": {
      const { limit = 10 } = widget;
      const by = required(widget, "by", where);
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
      return {
        type: "check_status",
        title,
        check: required(widget, "check", where),
        grouping: "cluster",
        group_by: widget.by === undefined ? [] : [widget.by],
        tags: widget.tags ?? [],
      };
  }
}

/** @throws UserError if the widget does not have a field that its type requires */
function required(widget: DashboardWidget, field: "by" | "check", where: string): string {
  const value = widget[field];
  if (value !== undefined) return value;
  const place = `${where}, widget "${widget.title}"`;
  throw new UserError(`it has no \`${field}\`, which ${widget.type} requires`, place, `add \`${field}\``);
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
