import type { Measured } from "../measure";
import type { Trial } from "../trial";
import { duration } from "./lane";
import { markup, type Markup } from "./markup";

type Figure = readonly [title: string, of: (measured: Measured) => string];

const of = (count: number, all: number) => (count === 0 ? "none failed" : `${count} of ${all} failed`);

const figures: readonly Figure[] = [
  ["New connections", ({ connect }) => lane(connect)],
  ["Kept connection", ({ request }) => lane(request)],
  ["Writes", ({ write }) => `${lane(write)}; ${write.twice} done twice`],
  [
    "Watches",
    ({ watch }) =>
      [
        watch.broken === 0 ? `none of ${watch.held} broken` : `${watch.broken} of ${watch.held} broken`,
        ...(watch.broken === 0 ? [] : [`out for ${duration(watch.outFor)}`]),
        `silent for ${duration(watch.silent)}`,
        `${watch.missed} events missed`,
      ].join(", "),
  ],
  [
    "Virtual IP",
    ({ moves, twoAnswer }) =>
      `${moves === 1 ? "1 move" : `${moves} moves`}; ${twoAnswer > 0 ? `two answered for ${duration(twoAnswer)}` : "never two answered"}`,
  ],
  [
    "Leases renewed",
    ({ leases }) => (leases === undefined ? "not seen of every node" : `by every node after ${duration(leases)}`),
  ],
];

function lane({ attempts, failed, blackout, slowest, failedAfter }: Measured["connect"]): string {
  const after = failedAfter === undefined ? "" : `, typically after ${duration(failedAfter)}`;
  return `blackout ${duration(blackout)}; ${of(failed, attempts)}${after}; slowest ${duration(slowest)}`;
}

/** A trial's figures, from the fault to the cure and from there until all was whole. */
export function figuresOf({ during, after }: Trial): Markup {
  const parts: readonly (readonly [string, Measured])[] = [
    [after === undefined ? "fault to whole" : "fault to cure", during],
    ...(after === undefined ? [] : [["cure to whole", after] as const]),
  ];
  return markup`<table class="figures"><thead><tr><td></td>${parts.map(([title]) => markup`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${figures.map(
    ([title, show]) =>
      markup`<tr><th scope="row">${title}</th>${parts.map(([, measured]) => markup`<td>${show(measured)}</td>`)}</tr>
`,
  )}</tbody></table>`;
}
