import { required, text } from "../protocol/schema";
import { isRecord, isUnknown, type Properties, type Value } from "../protocol/value";
import { membersOf } from "./collection";

/** `datadog:index/dashboardJson:DashboardJson`. */
export const dashboardJson = membersOf({
  what: "dashboard",
  path: "/api/v1/dashboard",
  changedBy: "PUT",
  inputs: { dashboard: required(text) },
  isSame: (state, given) => !isUnknown(given["dashboard"]) && normal(parsed(state)) === normal(parsed(given)),
  body: parsed,
  shown(answer, given) {
    const found = normal(answer);
    const asWritten = given["dashboard"] !== undefined && normal(parsed(given)) === found;
    return { dashboard: asWritten ? given["dashboard"] : found, url: answer["url"] };
  },
});

function parsed({ dashboard }: Properties): Properties {
  return JSON.parse(dashboard as string) as Properties;
}

const addedByApi = ["id", "author_handle", "author_name", "created_at", "modified_at", "url", "is_read_only"];

/** The definition in a normal form: without null and the fields that the API adds, and with sorted names. */
function normal(definition: Properties): string {
  return JSON.stringify(definition, (_name, part: Value) => {
    if (!isRecord(part)) {
      return part;
    }
    const own = Object.entries(part).filter(([name, value]) => value !== null && !addedByApi.includes(name));
    return Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
