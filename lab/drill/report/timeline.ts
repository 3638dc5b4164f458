import type { Span } from "../events";
import type { Trial } from "../trial";
import { endOf, lanesOf, type Mark } from "./lanes";
import { markup, type Markup } from "./markup";
import { duration } from "./table";

/** How many times the scale has at most; at the lowest zoom, only every tenth is shown. */
const mostTimes = 120;

/**
 * What was seen in a trial, from a second before the fault to the end. The browser lays it out: places are per cent of its width.
 *
 * @param id is unique on the page
 */
export function timeline(trial: Trial, id: string): Markup {
  const { begun, cured, whole, struck } = trial;
  const view = { from: begun - 1000, to: endOf(trial) };
  const percent = (length: number) => ((100 * length) / (view.to - view.from)).toFixed(3);
  const place = ({ from, to }: Span) => `left:${percent(from - view.from)}%;width:${percent(to - from)}%`;
  // seconds from the fault: `+1.250 s`
  const moment = (at: number) => `${at < begun ? "−" : "+"}${(Math.abs(at - begun) / 1000).toFixed(3)} s`;
  const bar = ({ look, title, text, from, to }: Mark) => {
    const when = from === to ? moment(from) : `${moment(from)} to ${moment(to)} (${duration(to - from)})`;
    const shown = { from: Math.max(from, view.from), to };
    return markup`<i class="${look}" style="${place(shown)}" title="${title}\n${when}">${text}</i>`;
  };
  const lanes = lanesOf(trial).map(([label, marks]) => {
    const bars = marks.filter(({ to }) => to >= view.from).map(bar);
    return markup`<div><b>${label}</b><span class="lane">${bars}</span></div>\n`;
  });
  const signs = [
    { name: "fault", from: begun, to: trial.done, text: "fault" },
    ...(trial.after === undefined ? [] : [{ name: "cure", from: cured, to: cured, text: `cure ${moment(cured)}` }]),
    { name: "whole", from: whole, to: whole, text: `whole ${moment(whole)}` },
  ];
  const step = stepOf((view.to - view.from) / mostTimes);
  const first = Math.ceil((view.from - begun) / step);
  const times = Array.from({ length: Math.floor((view.to - begun) / step) - first + 1 }, (_, index) => first + index);
  const scale = times.map((time) => {
    const at = begun + time * step;
    const look = time % 10 === 0 ? "scale" : "scale fine-scale";
    const seconds = ((time * step) / 1000).toFixed(2);
    return markup`<span class="${look}" style="${place({ from: at, to: at })}">${seconds}</span>`;
  });
  return markup`<p>Struck: ${struck}, done at ${moment(trial.done)}. Go to
${signs.map(({ name }) => markup`<a href="#${id}-${name}">${name}</a> `)}</p>
<div class="timeline"><div class="plot">
${lanes}<div class="over">
${scale}
${signs.map(({ name, text, ...span }) => markup`<span class="${name}" id="${id}-${name}" style="${place(span)}">${text}</span>`)}
</div></div></div>`;
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below. */
function stepOf(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}
