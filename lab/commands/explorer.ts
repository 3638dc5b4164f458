import { LabError } from "../base/error";
import { plainTable } from "../base/table";
import type { Facet } from "../services/datadog/facets";
import type { Lab } from "../verify/finding";
import { askDatadog, searchLogs } from "../verify/logs";

/** What is looked at where no query is given. */
const usual = "service:qnap-nas";

/** Values that are shown of a facet, actions, and lines. */
const [values, actions, lines] = [4, 10, 5];

const widest = 40;

/** What the lab's Datadog holds of the past hour's logs, as its log explorer shows it. */
export async function explore(lab: Lab, given: string): Promise<string> {
  const query = given.trim() || usual;
  const asked = new URLSearchParams({ query, from: "now-1h", limit: String(actions) });
  try {
    const panel = await askDatadog(lab, `/explorer/facets?${asked.toString()}`);
    const newest = await searchLogs(lab, query, lines);
    const messages = newest.map(({ attributes: { message = "" } }) => message);
    return page(query, panel as Panel, messages);
  } catch (error) {
    throw new LabError(
      (error as Error).message,
      "Is the lab up (npm run lab -- status)? A query is in the log search's syntax: service:qnap-nas @user:admin",
    );
  }
}

/** The side panel's part of the page. */
export interface Panel {
  /** Logs that the query finds. */
  readonly logs: number;
  readonly facets: readonly Facet[];
}

/** The explorer's page: filter, facets, what is done most, the newest lines. */
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
    ...part("Facets: different values, the most frequent and how many logs have them", shown),
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
