import { LabError } from "../base/error";
import { plainTable } from "../base/table";
import type { Facet } from "../services/datadog/facets";
import type { Lab } from "../verify/finding";
import { askDatadog, searchLogs } from "../verify/logs";

const defaultQuery = "service:qnap-nas";

/** How many values of a facet, actions and lines the page shows. */
const [values, actions, lines] = [4, 10, 5];

/** Characters of a value; a longer one is cut. */
const widest = 40;

/** The past hour's logs in the lab's Datadog, as its log explorer shows them. */
export async function explore(lab: Lab, given: string): Promise<string> {
  const query = given.trim() || defaultQuery;
  const asked = new URLSearchParams({ query, from: "now-1h", limit: String(actions) });
  try {
    const panel = await askDatadog(lab, `/explorer/facets?${asked.toString()}`);
    const newest = await searchLogs(lab, query, lines);
    const messages = newest.map(({ attributes: { message = "" } }) => message);
    return page(query, panel as Panel, messages);
  } catch (error) {
    throw new LabError(
      (error as Error).message,
      "Is the lab up (npm run lab -- status)? Is the query in the syntax of the log search (service:qnap-nas @user:admin)?",
    );
  }
}

/** The side panel's part of the page. */
export interface Panel {
  /** Logs that the query finds. */
  readonly logs: number;
  readonly facets: readonly Facet[];
}

/** The explorer's page: query, facets, most frequent actions, newest lines. */
export function page(query: string, { logs, facets }: Panel, newest: readonly string[]): string {
  const shown = facets.map(({ facet, cardinality, top }) => {
    const most = top.slice(0, values).map(({ value, count }) => `${cut(value)} (${count})`);
    return [
      `  ${facet}`,
      String(cardinality).padStart(5),
      [...most, ...(cardinality > values ? ["…"] : [])].join(", "),
    ];
  });
  const done = facets.find(({ facet }) => facet === "@action")?.top ?? [];
  const most = Math.max(...done.map(({ count }) => count));
  const bars = done.map(({ value, count }) => [
    `  ${String(count).padStart(6)}`,
    "#".repeat(Math.ceil((20 * count) / most)).padEnd(20),
    String(value),
  ]);
  return [
    `${query}, the past hour: ${logs} ${logs === 1 ? "log" : "logs"}`,
    ...part("Facets: number of values, and the most frequent values with their number of logs", shown),
    ...part("Top actions", bars),
    ...part(
      "Newest",
      newest.map((message) => [`  ${message}`]),
    ),
  ].join("\n");
}

function part(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ["", title, plainTable(rows)];
}

function cut(value: unknown): string {
  const text = String(value);
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text;
}
