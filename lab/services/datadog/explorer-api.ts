import { z } from "zod";
import type { Answer, Call } from "../http";
import { facetsOf } from "./facets";
import { filter, findLogs, parameters } from "./log-search";
import type { LogStore } from "./log-store";

const query = filter.pick({ query: true, from: true, to: true }).extend({
  limit: z.coerce.number().int().min(1).max(100).default(10),
});

/**
 * What Datadog shows in the log explorer's side panel: GET /explorer/facets. It is the lab's own, beside the vendor's API,
 * which has none for facets.
 */
export class ExplorerApi {
  constructor(
    private readonly logs: LogStore,
    private readonly now: () => number,
  ) {}

  answer(call: Call): Answer | undefined {
    if (call.method !== "GET" || call.path !== "/explorer/facets") {
      return undefined;
    }
    const { limit, ...wanted } = parameters(query, Object.fromEntries(call.query));
    const found = findLogs(this.logs.all(), wanted, this.now());
    return { status: 200, body: { logs: found.length, facets: facetsOf(found, limit) } };
  }
}
