import { blackoutOf, type Measured } from "../measure";
import type { Trial } from "../trial";
import { legend, style, zoomControl } from "./looks";
import { markup, type Markup } from "./markup";
import { duration, factsOf, lineOf, rowsOf, titles, type Cell, type Row } from "./table";
import { timeline } from "./timeline";

/** A page with a table of all faults and a timeline of each trial. It needs no network and no script. */
export function htmlReport(trials: readonly Trial[]): string {
  const rows = rowsOf(trials);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>kube-control drill</title>
<style>${style}</style>
</head>
<body>
<h1>Effect of ${rows.length === 1 ? "a fault" : `${rows.length} faults`} on clients</h1>
<p>${when(trials)}</p>
${rows.length === 0 ? undefined : table(rows)}
${legend}
${zoomControl}
${rows.map(section)}
</body>
</html>
`.source;
}

function when(trials: readonly Trial[]): string {
  const count = trials.length === 1 ? "1 trial" : `${trials.length} trials`;
  if (trials.length === 0) return `${count}.`;
  const from = trials.reduce((first, { injectionStarted }) => Math.min(first, injectionStarted), Infinity);
  const to = trials.reduce((last, { steadyAt }) => Math.max(last, steadyAt), 0);
  const [first, last] = [from, to].map((at) => new Date(at).toISOString().slice(0, 16).replace("T", " "));
  return `${count}, ${first} to ${last} UTC.`;
}

const severities = { fine: "", noticed: "▲ ", hurts: "■ " };

function table(rows: readonly Row[]): Markup {
  const body = rows.map(({ fault, trials, cells }) => {
    const link = markup`<a href="#${anchor(fault)}">${fault}</a>`;
    return markup`<tr><th scope="row">${link}</th><td>${trials.length}</td>${cells.map(figure)}</tr>\n`;
  });
  return markup`<div class="wide"><table class="faults">
<caption>Median / worst of the trials, from the fault to its recovery.
▲ clients notice it, ■ it hurts clients.</caption>
<thead><tr>${["fault", "n", ...titles].map((title) => markup`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}

const figure = ({ text, severity }: Cell) =>
  markup`<td class="${severity ?? "none"}">${severity === undefined ? "" : severities[severity]}${text}</td>`;

const anchor = (fault: string) => `fault-${fault.replace(/[^\w-]/g, "_")}`;

function section({ fault, trials }: Row): Markup {
  const [worst, ...others] = [...trials].sort((a, b) => blackoutOf(b) - blackoutOf(a));
  if (worst === undefined) return markup``;
  const number = (trial: Trial) => `Trial ${trials.indexOf(trial) + 1} of ${trials.length}`;
  const shown = (trial: Trial) =>
    markup`${facts(trial)}${timeline(trial, `${anchor(fault)}-${trials.indexOf(trial) + 1}`)}`;
  return markup`<section id="${anchor(fault)}">
<h2>${worst.title} <small>${fault}</small></h2>
<p>${number(worst)}${trials.length > 1 ? ", the worst" : ""}.
Steady state after ${duration(worst.steadyAt - worst.injectionStarted)}.</p>
${shown(worst)}
${others.map((trial) => markup`<details><summary>${number(trial)}: ${lineOf(trial)}</summary>${shown(trial)}</details>`)}
</section>
`;
}

/** The figures from the fault to the recovery, and from there to the steady state. */
function facts({ during, after }: Trial): Markup {
  const parts: Readonly<Record<string, Measured>> =
    after === undefined
      ? { "fault to steady state": during }
      : { "fault to recovery": during, "recovery to steady state": after };
  const rows = factsOf(during).map(([title], index) => {
    const cells = Object.values(parts).map((part) => markup`<td>${factsOf(part)[index]?.[1]}</td>`);
    return markup`<tr><th scope="row">${title}</th>${cells}</tr>\n`;
  });
  return markup`<table>
<thead><tr><td></td>${Object.keys(parts).map((title) => markup`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table>`;
}
