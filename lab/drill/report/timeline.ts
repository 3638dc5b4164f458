import type { Span } from "../events";
import type { Trial } from "../trial";
import { lanesOf, type Mark, timelineEnd } from "./lanes";
import { markup, type Markup } from "./markup";
import { duration } from "./table";

/** The most ticks of the scale. At the lowest zoom, only every tenth is shown. */
const mostTimes = 120;

/**
 * The timeline of a trial, from a second before the fault to the end. Positions are in per cent of its width.
 *
 * @param id is unique on the page
 */
export function timeline(trial: Trial, id: string): Markup {
  const { injectionStarted: start, injectionEnded, recoveryStarted, steadyAt, targets } = trial;
  const view = { from: start - 1000, to: timelineEnd(trial) };
  const percent = (length: number) => ((100 * length) / (view.to - view.from)).toFixed(3);
  const place = ({ from, to }: Span) => `left:${percent(from - view.from)}%;width:${percent(to - from)}%`;
  // seconds from the fault: `+1.250 s`
  const moment = (at: number) => `${at < start ? "−" : "+"}${(Math.abs(at - start) / 1000).toFixed(3)} s`;
  const bar = ({ look, title, text, from, to }: Mark) => {
    const when = from === to ? moment(from) : `${moment(from)} to ${moment(to)} (${duration(to - from)})`;
    const shown = { from: Math.max(from, view.from), to };
    return markup`<i class="${look}" style="${place(shown)}" title="${title}\n${when}">${text}</i>`;
  };
  const lanes = lanesOf(trial).map(([label, marks]) => {
    const bars = marks.filter(({ to }) => to >= view.from).map(bar);
    return markup`<div><b>${label}</b><span class="lane">${bars}</span></div>\n`;
  });
  const recovery = {
    name: "recovery",
    from: recoveryStarted,
    to: recoveryStarted,
    text: `recovery ${moment(recoveryStarted)}`,
  };
  const signs = [
    { name: "fault", from: start, to: injectionEnded, text: "fault" },
    ...(trial.after === undefined ? [] : [recovery]),
    { name: "steady", from: steadyAt, to: steadyAt, text: `steady state ${moment(steadyAt)}` },
  ];
  const step = stepOf((view.to - view.from) / mostTimes);
  const first = Math.ceil((view.from - start) / step);
  const times = Array.from({ length: Math.floor((view.to - start) / step) - first + 1 }, (_, index) => first + index);
  const scale = times.map((time) => {
    const at = start + time * step;
    const look = time % 10 === 0 ? "scale" : "scale fine-scale";
    const seconds = ((time * step) / 1000).toFixed(2);
    return markup`<span class="${look}" style="${place({ from: at, to: at })}">${seconds}</span>`;
  });
  return markup`<p>Targets: ${targets}. Injected at ${moment(injectionEnded)}. Go to
${signs.map(({ name }) => markup`<a href="#${id}-${name}">${name}</a> `)}</p>
<div class="timeline"><div class="plot">
${lanes}<div class="over">
${scale}
${signs.map(({ name, text, ...span }) => markup`<span class="${name}" id="${id}-${name}" style="${place(span)}">${text}</span>`)}
</div></div></div>`;
}

/** The smallest step of at least this size that is 1, 2 or 5 times a power of ten. */
function stepOf(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}
