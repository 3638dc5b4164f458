import { randomInt } from "node:crypto";
import { z } from "zod";
import type { Kept } from "./account";
import type { Collection } from "./collection";
import { searchQuery } from "./logs";
import { parsed, refusal } from "./refusal";

// The bodies that kube-control sends. Any other body is refused, so that a mistake is noticed.

const title = z.string();
const count = z.literal("count");
const order = z.literal("desc");
const whole = z.number().int().min(1);

const logsQuery = z.strictObject({
  data_source: z.literal("logs"),
  name: z.string().min(1),
  indexes: z.array(z.string()),
  search: z.strictObject({ query: searchQuery }),
  compute: z.strictObject({ aggregation: count }),
  group_by: z.array(
    z.strictObject({ facet: z.string().min(1), limit: whole, sort: z.strictObject({ aggregation: count, order }) }),
  ),
});
const counted = <T extends string>(format: T) => ({
  response_format: z.literal(format),
  formulas: z.tuple([z.strictObject({ formula: z.string().min(1) })]),
  queries: z.tuple([logsQuery]),
});

const definition = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("toplist"),
    title,
    requests: z.tuple([
      z.strictObject({
        ...counted("scalar"),
        sort: z.strictObject({
          count: whole,
          order_by: z.tuple([z.strictObject({ type: z.literal("formula"), index: z.literal(0), order })]),
        }),
      }),
    ]),
  }),
  z.strictObject({
    type: z.literal("timeseries"),
    title,
    show_legend: z.boolean(),
    requests: z.tuple([z.strictObject({ ...counted("timeseries"), display_type: z.literal("bars") })]),
  }),
  z.strictObject({
    type: z.literal("list_stream"),
    title,
    requests: z.tuple([
      z.strictObject({
        response_format: z.literal("event_list"),
        query: z.strictObject({
          data_source: z.literal("logs_stream"),
          query_string: searchQuery,
          indexes: z.array(z.string()),
          storage: z.literal("hot"),
        }),
        columns: z.array(z.strictObject({ field: z.string().min(1), width: z.literal("auto") })).min(1),
      }),
    ]),
  }),
  z.strictObject({
    type: z.literal("check_status"),
    title,
    check: z.string().min(1),
    grouping: z.literal("cluster"),
    group_by: z.array(z.string()),
    tags: z.array(z.string()),
  }),
]);

const cell = z.number().int().min(0);
const layout = z
  .strictObject({ x: cell, y: cell, width: whole, height: whole })
  .refine(({ x, width }) => x + width <= 12, "reaches beyond the twelfth column");

const dashboardBody = z.strictObject({
  title: z.string().min(1),
  description: z.string().nullable().default(null),
  layout_type: z.literal("ordered"),
  reflow_type: z.literal("fixed").optional(),
  template_variables: z.array(z.never()).default([]),
  notify_list: z.array(z.string()).default([]),
  widgets: z.array(z.strictObject({ definition, layout })),
});

/** A dashboard as the API returns it. */
interface Dashboard extends z.output<typeof dashboardBody> {
  readonly id: string;
  readonly url: string;
  readonly author_handle: string;
  readonly created_at: string;
  readonly modified_at: string;
}

/** The organisation's dashboards. They are stored, but not drawn. */
export function dashboards(kept: Kept<Dashboard>, now: () => number): Collection<Dashboard> {
  return {
    path: "/api/v1/dashboard",
    changedBy: "PUT",
    kept,
    from(body, before) {
      const given = parsed(dashboardBody, body, "Invalid dashboard");
      const id = before?.id ?? [0, 0, 0].map(() => randomInt(36 ** 2, 36 ** 3).toString(36)).join("-");
      const slug = given.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
      const time = new Date(now()).toISOString();
      return {
        id,
        ...given,
        widgets: given.widgets.map((widget) => ({ id: randomInt(2 ** 47), ...widget })),
        url: `/dashboard/${id}/${slug.replaceAll(/^-|-$/g, "")}`,
        author_handle: "lab@example.com",
        created_at: before?.created_at ?? time,
        modified_at: time,
      };
    },
    one: (dashboard) => dashboard,
    all: (dashboards) => ({ dashboards }),
    removed: ({ id }) => ({ status: 200, body: { deleted_dashboard_id: id } }),
    missing: (id) => refusal(404, `Dashboard with ID ${id} not found`),
  };
}
