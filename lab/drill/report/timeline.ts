import type { Trial } from "../trial";
import { endOf, lanesOf, type Mark, moment } from "./lanes";
import { markup, type Markup } from "./markup";

/** How many marks the scale has at most; at the lowest zoom, only every tenth is shown. */
const mostTimes = 120;

/**
 * What was seen in a trial, from a second before the fault to the end. The browser lays it out: places are per cent of its width.
 *
 * @param id is unique on the page
 */
export function timeline(trial: Trial, id: string): Markup {
  const { begun, done, cured, whole, after, struck } = trial;
  const from = begun - 1000;
  const to = endOf(trial);
  const percent = (length: number) => ((100 * length) / (to - from)).toFixed(3);
  const mark = ({ look, title, text, ...span }: Mark) => {
    const left = Math.max(span.from, from);
    return markup`<i class="${look}" style="left:${percent(left - from)}%;width:${percent(span.to - left)}%" title="${title}">${text}</i>`;
  };
  const sign = (name: string, at: number, text: string, width = 0) =>
    markup`<span class="${name}" id="${id}-${name}" style="left:${percent(at - from)}%;width:${percent(width)}%">${text}</span>`;
  const signs = [
    sign("fault", begun, "fault", done - begun),
    ...(after === undefined ? [] : [sign("cure", cured, `cure ${moment(trial, cured)}`)]),
    sign("whole", whole, `whole ${moment(trial, whole)}`),
  ];
  const step = stepOf((to - from) / mostTimes);
  const first = Math.ceil((from - begun) / step);
  const times = Array.from({ length: Math.floor((to - begun) / step) - first + 1 }, (_, index) => first + index);
  return markup`<p>Struck: ${struck}, done at ${moment(trial, done)}. Go to <a href="#${id}-fault">fault</a>${after === undefined ? "" : markup`, <a href="#${id}-cure">cure</a>`}, <a href="#${id}-whole">whole</a>.</p>
<div class="timeline"><div class="plot">
${lanesOf(trial).map(
  ({
    label,
    marks,
  }) => markup`<div><b>${label}</b><span class="lane">${marks.filter((one) => one.to >= from).map(mark)}</span></div>
`,
)}<div class="over">${times.map(
    (time) =>
      markup`<span class="scale${time % 10 === 0 ? "" : " fine-scale"}" style="left:${percent(begun + time * step - from)}%">${((time * step) / 1000).toFixed(2)}</span>`,
  )}${signs}</div>
</div></div>`;
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below. */
function stepOf(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}
