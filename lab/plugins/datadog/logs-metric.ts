import { choice, list, record, required, text, type Fields } from "../protocol/schema";
import type { Properties } from "../protocol/value";
import { membersOf } from "./collection";
import { toApi, toSdk } from "./names";

const compute = required(record({ aggregationType: required(choice("count", "distribution")), path: text }));
const inputs: Fields = {
  name: { ...required(text), replaces: true },
  compute: { ...compute, replaces: true },
  filter: required(record({ query: required(text) })),
  groupBies: { ...required(list(record({ path: required(text), tagName: required(text) }))), unordered: true },
};

/** `datadog:index/logsMetric:LogsMetric`. */
export const logsMetric = membersOf({
  what: "LogsMetric",
  path: "/api/v2/logs/config/metrics",
  changedBy: "PATCH",
  inputs,
  // The computation cannot be changed, and the metric's name is its id.
  body({ name, compute: counted = {}, filter = {}, groupBies = [] }, purpose) {
    const changeable = { filter, groupBies };
    const type = "logs_metrics";
    return {
      data:
        purpose === "change"
          ? { type, attributes: toApi(changeable) }
          : { type, id: name, attributes: toApi({ ...changeable, compute: counted }) },
    };
  },
  shown: ({ id = "", attributes }) => toSdk(inputs, { ...(attributes as Properties), name: id }),
});
