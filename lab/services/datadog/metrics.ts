import { z } from "zod";
import type { Answer, Call } from "../http";
import { bodyOf } from "./body";
import { answerOf, type Collection } from "./collection";
import { plainRefusal } from "./refusal";
import { searchQuery } from "./search-query";
import type { Section } from "./section";

const filter = z.strictObject({ query: searchQuery().default("*") });
const groupBy = z.array(z.strictObject({ path: z.string().min(1), tag_name: z.string().min(1) }));
const type = z.literal("logs_metrics");

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
          include_percentiles: z.boolean().default(false),
        }),
      ]),
      filter: filter.prefault({}),
      group_by: groupBy.default([]),
    }),
  }),
});

/** What is counted, and how, cannot be changed. */
const updateBody = z.strictObject({
  data: z.strictObject({
    type,
    attributes: z.strictObject({
      compute: z.strictObject({ include_percentiles: z.boolean().optional() }).optional(),
      filter: filter.optional(),
      group_by: groupBy.optional(),
    }),
  }),
});

/** A log-based metric as the API answers it. */
export type Metric = z.output<typeof createBody>["data"];

/** The organisation's log-based metrics: /api/v2/logs/config/metrics. */
export class Metrics implements Collection<Metric> {
  readonly path = "/api/v2/logs/config/metrics";
  readonly changedBy = "PATCH";

  constructor(private readonly kept: Section<Metric>) {}

  /** Undefined where the path is another's. */
  answer(call: Call): Answer | undefined {
    return answerOf(this, call);
  }

  list(): Answer {
    return { status: 200, body: { data: this.kept.all() } };
  }

  create(call: Call): Answer {
    const metric = bodyOf(createBody, call.body, "invalid_argument").data;
    if (this.kept.all().some(({ id }) => id === metric.id)) {
      throw plainRefusal(409, `already_exists(Metric with name '${metric.id}' already exists)`);
    }
    this.kept.keep([...this.kept.all(), metric]);
    return { status: 200, body: { data: metric } };
  }

  read(found: Metric): Answer {
    return { status: 200, body: { data: found } };
  }

  change(before: Metric, call: Call): Answer {
    const { compute, ...rest } = bodyOf(updateBody, call.body, "invalid_argument").data.attributes;
    const { attributes } = before;
    if (compute?.include_percentiles !== undefined && attributes.compute.aggregation_type === "count") {
      throw plainRefusal(400, "invalid_argument(include_percentiles is for distributions only)");
    }
    const after = {
      ...before,
      attributes: { ...attributes, ...rest, compute: { ...attributes.compute, ...compute } },
    } as Metric;
    this.kept.keep(this.kept.all().map((metric) => (metric === before ? after : metric)));
    return { status: 200, body: { data: after } };
  }

  remove(found: Metric): Answer {
    this.kept.keep(this.kept.all().filter((metric) => metric !== found));
    return { status: 204 };
  }

  find(id: string): Metric {
    const found = this.kept.all().find((metric) => metric.id === id);
    if (found === undefined) {
      throw plainRefusal(404, `not_found(Metric with name '${id}' not found)`);
    }
    return found;
  }
}
