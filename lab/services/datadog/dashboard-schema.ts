import { z } from "zod";
import { searchQuery } from "./search-query";

/**
 * The body of a dashboard as the published API takes it: unknown fields, wrong types and searches that cannot be read are
 * refused. So are kinds of widgets other than these, rather than that a mistake in one passes.
 */

const titled = {
  title: z.string().optional(),
  title_size: z.string().optional(),
  title_align: z.enum(["left", "center", "right"]).optional(),
};
const aggregation = z.enum(["count", "cardinality", "sum", "avg", "min", "max", "median"]);
const order = z.enum(["asc", "desc"]);

const logsQuery = z.strictObject({
  data_source: z.literal("logs"),
  name: z.string().min(1),
  indexes: z.array(z.string()).default([]),
  search: z.strictObject({ query: searchQuery() }),
  compute: z.strictObject({ aggregation, metric: z.string().optional(), interval: z.number().int().optional() }),
  group_by: z
    .array(
      z.strictObject({
        facet: z.string().min(1),
        limit: z.number().int().min(1).optional(),
        sort: z.strictObject({ aggregation, metric: z.string().optional(), order: order.optional() }).optional(),
      }),
    )
    .max(4)
    .default([]),
  storage: z.enum(["hot", "flex_tier", "online_archives"]).optional(),
});
const formulas = z.array(z.strictObject({ formula: z.string().min(1), alias: z.string().optional() })).min(1);
const queried = { formulas, queries: z.array(logsQuery).min(1) };

const toplist = z.strictObject({
  type: z.literal("toplist"),
  ...titled,
  requests: z
    .array(
      z.strictObject({
        response_format: z.literal("scalar"),
        ...queried,
        sort: z
          .strictObject({
            count: z.number().int().min(1).optional(),
            order_by: z
              .array(z.strictObject({ type: z.literal("formula"), index: z.number().int().min(0), order }))
              .optional(),
          })
          .optional(),
      }),
    )
    .length(1),
});

const timeseries = z.strictObject({
  type: z.literal("timeseries"),
  ...titled,
  show_legend: z.boolean().optional(),
  requests: z
    .array(
      z.strictObject({
        response_format: z.literal("timeseries"),
        ...queried,
        display_type: z.enum(["area", "bars", "line", "overlay"]).optional(),
      }),
    )
    .min(1),
});

const listStream = z.strictObject({
  type: z.literal("list_stream"),
  ...titled,
  requests: z
    .array(
      z.strictObject({
        response_format: z.literal("event_list"),
        query: z.strictObject({
          data_source: z.literal("logs_stream"),
          query_string: searchQuery(),
          indexes: z.array(z.string()).optional(),
          storage: z.string().optional(),
        }),
        columns: z
          .array(z.strictObject({ field: z.string().min(1), width: z.enum(["auto", "compact", "full"]) }))
          .min(1),
      }),
    )
    .length(1),
});

const checkStatus = z.strictObject({
  type: z.literal("check_status"),
  ...titled,
  check: z.string().min(1),
  grouping: z.enum(["check", "cluster"]),
  group: z.string().optional(),
  group_by: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
});

const cell = z.number().int().min(0);
const layout = z
  .strictObject({ x: cell, y: cell, width: cell.min(1), height: cell.min(1), is_column_break: z.boolean().optional() })
  .refine(({ x, width }) => x + width <= 12, "reaches beyond the twelfth column");

const widget = z.strictObject({
  id: z.number().int().optional(),
  definition: z.discriminatedUnion("type", [toplist, timeseries, listStream, checkStatus]),
  layout: layout.optional(),
});

export const dashboardBody = z
  .strictObject({
    title: z.string().min(1),
    description: z.string().nullable().default(null),
    layout_type: z.literal("ordered", { error: "free layouts are not served by this stand-in" }),
    reflow_type: z.enum(["auto", "fixed"]).optional(),
    template_variables: z.array(z.strictObject({ name: z.string().min(1), prefix: z.string().optional() })).default([]),
    notify_list: z.array(z.string()).nullable().default([]),
    tags: z.array(z.string()).optional(),
    restricted_roles: z.array(z.string()).optional(),
    widgets: z.array(widget),
  })
  .refine(
    ({ reflow_type: reflow, widgets }) => widgets.every((each) => (each.layout !== undefined) === (reflow === "fixed")),
    { path: ["widgets"], message: "each has a layout where reflow_type is fixed, and only there" },
  );
