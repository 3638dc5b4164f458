import { choice, list, record, required, text } from "../protocol/schema";
import type { Properties, Value } from "../protocol/value";
import { membersOf } from "./collection";

/** `datadog:index/logsMetric:LogsMetric`. */
export const logsMetric = membersOf({
  what: "LogsMetric",
  path: "/api/v2/logs/config/metrics",
  changedBy: "PATCH",
  inputs: {
    name: { ...required(text), replaces: true },
    compute: {
      ...required(record({ aggregationType: required(choice("count", "distribution")), path: text })),
      replaces: true,
    },
    filter: required(record({ query: required(text) })),
    groupBies: { ...required(list(record({ path: required(text), tagName: required(text) }))), unordered: true },
  },
  body({ name = "", compute, filter, groupBies }, purpose) {
    const { aggregationType, path } = compute as Properties;
    const groups = (groupBies as Properties[]).map(({ path: from, tagName }) => ({ path: from, tag_name: tagName }));
    const changeable = { filter, group_by: groups };
    // What is counted cannot be changed, and the metric's name is its id.
    return {
      data:
        purpose === "change"
          ? { type: "logs_metrics", attributes: changeable }
          : {
              type: "logs_metrics",
              id: name,
              attributes: { ...changeable, compute: { aggregation_type: aggregationType, path } },
            },
    };
  },
  shown({ id, attributes }) {
    const { compute, filter, group_by: groups } = attributes as Properties;
    const { aggregation_type: aggregationType, path } = compute as Record<string, Value | undefined>;
    return {
      name: id,
      compute: { aggregationType, path } as Properties,
      filter,
      groupBies: (groups as Properties[]).map(({ path: from = "", tag_name: tagName = "" }) => ({
        path: from,
        tagName,
      })),
    };
  },
});
