import { z } from "zod";
import type { Kept } from "./account";
import type { Collection } from "./collection";
import { searchQuery } from "./logs";
import { parsed, refusal } from "./refusal";

const type = z.literal("logs_metrics");
const filter = z.strictObject({ query: searchQuery });
const groupBy = z.array(z.strictObject({ path: z.string().min(1), tag_name: z.string().min(1) }));
const percentiles = z.boolean();

const createBody = z.strictObject({
  data: z.strictObject({
    type,
    id: z.string().regex(/^[A-Za-z][A-Za-z0-9_.]{0,199}$/, "is no metric's name"),
    attributes: z.strictObject({
      compute: z.discriminatedUnion("aggregation_type", [
        z.strictObject({ aggregation_type: z.literal("count") }),
        z.strictObject({
          aggregation_type: z.literal("distribution"),
          path: z.string().min(1),
          include_percentiles: percentiles.default(false),
        }),
      ]),
      filter,
      group_by: groupBy.default([]),
    }),
  }),
});

/** An update cannot change the computation. */
const updateBody = z.strictObject({
  data: z.strictObject({
    type,
    attributes: z.strictObject({
      filter: filter.optional(),
      group_by: groupBy.optional(),
      compute: z.strictObject({ include_percentiles: percentiles.optional() }).optional(),
    }),
  }),
});

/** A log-based metric as the API returns it. */
export type Metric = z.output<typeof createBody>["data"];

/** The organisation's log-based metrics. */
export function metrics(kept: Kept<Metric>): Collection<Metric> {
  return {
    path: "/api/v2/logs/config/metrics",
    changedBy: "PATCH",
    kept,
    from(body, before) {
      if (before === undefined) {
        const { data } = parsed(createBody, body, "invalid_argument");
        if (kept.all().some(({ id }) => id === data.id)) {
          throw refusal(409, `already_exists(Metric with name '${data.id}' already exists)`);
        }
        return data;
      }
      const { compute, ...rest } = parsed(updateBody, body, "invalid_argument").data.attributes;
      const { attributes } = before;
      return { ...before, attributes: { ...attributes, ...rest, compute: { ...attributes.compute, ...compute } } };
    },
    one: (data) => ({ data }),
    all: (data) => ({ data }),
    removed: () => ({ status: 204 }),
    missing: (id) => refusal(404, `not_found(Metric with name '${id}' not found)`),
  };
}
