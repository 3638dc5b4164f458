import type { Span } from "../measure";
import type { Trial } from "../trial";
import { attemptGroups } from "./attempts";
import { clock, type Group, type Lane, type Look, type Mark } from "./lane";
import { markup, nothing, type Markup } from "./markup";
import { leaseGroup, stateGroups } from "./states";
import { closeUps, wholeView } from "./views";
import { watchGroup } from "./watches";

/** A stretch of time on the page: from x on, so and so wide. */
interface Panel {
  readonly span: Span;
  readonly x: number;
  readonly width: number;
  /** What refers to it elsewhere: A, B… */
  readonly name: string;
}

// the width is that of the drawing's own units, about the page's pixels
const width = 1280;
const labels = 212;
const between = 16;
const head = 40;
const foot = 20;
const groupGap = 9;

/** Where each look lies within its lane, from and to, and how wide it is at least. */
const places: Readonly<Record<Look, readonly [from: number, to: number, least: number]>> = {
  ok: [0.03, 0.36, 1],
  gap: [0.03, 0.36, 1],
  slow: [0.4, 0.62, 1.2],
  "slow-wait": [0.4, 0.62, 0.5],
  failed: [0.68, 0.97, 1.6],
  "failed-wait": [0.68, 0.97, 0.5],
  open: [0.4, 0.6, 0.5],
  told: [0.2, 0.8, 0.6],
  silent: [0.08, 0.92, 1],
  ended: [0.08, 0.92, 1.5],
  holds: [0.12, 0.88, 1],
  two: [0.12, 0.88, 1.5],
  up: [0.3, 0.7, 1],
  changing: [0.1, 0.9, 1.5],
  down: [0.1, 0.9, 1.5],
  unknown: [0.1, 0.9, 1.5],
  renewed: [0.15, 0.85, 4],
};

/** A trial's drawings: close-ups of what was felt, and below them the whole. */
export function timelines(trial: Trial): Markup {
  const groups = [...attemptGroups(trial), watchGroup(trial), ...stateGroups(trial), leaseGroup(trial)].filter(
    ({ lanes }) => lanes.length > 0,
  );
  const close = besides(closeUps(trial));
  const [whole] = besides([wholeView(trial)]);
  if (whole === undefined) return nothing;
  return markup`<figure><figcaption>Close-ups</figcaption>${drawing(trial, groups, close, [])}</figure>
<figure><figcaption>The whole</figcaption>${drawing(trial, groups, [{ ...whole, name: "" }], close)}</figure>`;
}

/** Panels beside each other, as wide as they are long. */
function besides(spans: readonly Span[]): Panel[] {
  const room = width - labels - 8 - between * (spans.length - 1);
  const share = (span: Span) => span.to - span.from + 400;
  const total = spans.reduce((sum, span) => sum + share(span), 0);
  let x = labels;
  return spans.map((span, index) => {
    const panel = { span, x, width: (room * share(span)) / total, name: String.fromCharCode(65 + index) };
    x += panel.width + between;
    return panel;
  });
}

function drawing(trial: Trial, groups: readonly Group[], panels: readonly Panel[], close: readonly Panel[]): Markup {
  let y = head;
  const drawn: Markup[] = [];
  for (const { title, lanes } of groups) {
    drawn.push(markup`<text class="group" x="0" y="${y + 11}">${title}</text>`);
    for (const lane of lanes) {
      drawn.push(
        markup`<text class="lane" x="${labels - 8}" y="${y + Math.min(11, lane.height - 2)}">${lane.label}</text>`,
      );
      drawn.push(...panels.flatMap((panel) => laneIn(panel, lane, y)));
      y += lane.height;
    }
    y += groupGap;
  }
  const bottom = y - groupGap + 3;
  return markup`<svg viewBox="0 0 ${width} ${bottom + foot}" role="img" aria-label="${trial.title}: timeline">
${panels.map((panel) => backdrop(trial, panel, bottom, close))}
${drawn}
${panels.map((panel) => signs(trial, panel, bottom))}
</svg>`;
}

const xOf = ({ span, x, width }: Panel, at: number) => x + ((at - span.from) / (span.to - span.from)) * width;
const inside = ({ span }: Panel, at: number) => at >= span.from && at <= span.to;
const round = (value: number) => Math.round(value * 10) / 10;

/** A panel's ground, its scale, and in the whole the places of the close-ups. */
function backdrop(trial: Trial, panel: Panel, bottom: number, close: readonly Panel[]): Markup {
  const step = stepOf(panel);
  const first = Math.ceil((panel.span.from - trial.begun) / step);
  const last = Math.floor((panel.span.to - trial.begun) / step);
  const times = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
  const digits = step < 10 ? 3 : step < 100 ? 2 : step < 1000 ? 1 : 0;
  const grid = times.map((time) => `M${round(xOf(panel, trial.begun + time))} ${head - 4}V${bottom}`).join("");
  const windows = close
    .filter(({ span }) => span.from < panel.span.to)
    .map(({ span, name }) => {
      const [from, to] = [
        xOf(panel, Math.max(span.from, panel.span.from)),
        xOf(panel, Math.min(span.to, panel.span.to)),
      ];
      return markup`<rect class="window" x="${round(from)}" y="${head - 4}" width="${round(to - from)}" height="${bottom - head + 4}"/>
<text class="name" x="${round(from + 3)}" y="${head - 8}">${name}</text>`;
    });
  return markup`<rect class="ground" x="${round(panel.x)}" y="${head - 4}" width="${round(panel.width)}" height="${bottom - head + 4}"/>
${windows}<path class="grid" d="${grid}"/>
${times.map((time) => {
  const text = `${time > 0 ? "+" : time < 0 ? "−" : ""}${(Math.abs(time) / 1000).toFixed(digits)}${time === 0 ? " s" : ""}`;
  const x = round(xOf(panel, trial.begun + time));
  // what would reach out of the panel is moved into it
  const anchor = x < panel.x + 14 ? "start" : x > panel.x + panel.width - 14 ? "end" : "middle";
  return markup`<text class="time" x="${x}" y="${bottom + 14}" text-anchor="${anchor}">${text}</text>`;
})}
<text class="name" x="${round(panel.x)}" y="${head - 8}">${panel.name}</text>`;
}

/** Milliseconds between two lines of the scale: 1, 2 or 5 of something, so far apart that the times find room. */
function stepOf({ span, width }: Panel): number {
  const least = ((span.to - span.from) / width) * 48;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

/** Over all lanes: the fault, the cure, and when all was whole. */
function signs(trial: Trial, panel: Panel, bottom: number): Markup {
  const at = clock(trial);
  const lines: readonly (readonly [string, number])[] = [
    ["fault", trial.begun],
    ...(trial.after === undefined ? [] : [["cure", trial.cured] as const]),
    ["whole", trial.whole],
  ];
  const from = Math.max(panel.span.from, trial.begun);
  const to = Math.min(panel.span.to, trial.done);
  const deed =
    from > to
      ? nothing
      : markup`<rect class="deed" x="${round(xOf(panel, from))}" y="${head - 4}" width="${round(Math.max(1, xOf(panel, to) - xOf(panel, from)))}" height="${bottom - head + 4}"><title>struck ${trial.struck}: ${at(trial.begun)} to ${at(trial.done)}</title></rect>`;
  return markup`${deed}${lines
    .filter(([, time]) => inside(panel, time))
    .map(([name, time]) => {
      const x = round(xOf(panel, time));
      const next = lines.find(([, other]) => other > time)?.[1] ?? Infinity;
      // on its left, where the panel's end or the next one's text is too near
      const atEnd = x > panel.x + panel.width - 90 || (name !== "fault" && xOf(panel, next) - x < 190);
      return markup`<path class="sign ${name}" d="M${x} 14V${bottom}"><title>${name}: ${at(time)}</title></path>
<text class="sign ${name}" x="${x + (atEnd ? -4 : 4)}" y="20" text-anchor="${atEnd ? "end" : "start"}">${name === "fault" ? name : `${name} ${at(time)}`}</text>`;
    })}`;
}

function laneIn(panel: Panel, { height, marks }: Lane, y: number): Markup[] {
  return marks.map((mark) => drawn(panel, mark, y, height));
}

/** A mark as one path: of its spans, those that can be told apart at this scale. */
function drawn(panel: Panel, { look, spans, title, label }: Mark, y: number, height: number): Markup {
  const [top, end, least] = places[look];
  const boxes: { from: number; to: number }[] = [];
  const visible = spans.filter(({ from, to }) => to >= panel.span.from && from <= panel.span.to);
  for (const span of visible.sort((a, b) => a.from - b.from)) {
    const from = xOf(panel, Math.max(span.from, panel.span.from));
    const to = Math.max(from + least, xOf(panel, Math.min(span.to, panel.span.to)));
    const last = boxes.at(-1);
    if (last !== undefined && from - last.to < 0.6) last.to = Math.max(last.to, to);
    else boxes.push({ from, to });
  }
  const [first] = boxes;
  if (first === undefined) return nothing;
  const [upper, high] = [round(y + top * height), round((end - top) * height)];
  const path = boxes.map(({ from, to }) => `M${round(from)} ${upper}h${round(to - from)}v${high}h${round(from - to)}z`);
  const shape = markup`<path class="${look}" d="${path.join("")}"><title>${title}</title></path>`;
  if (label === undefined) return shape;
  const room = label.length * 5.6;
  // a moment's label stands behind it, a stretch's in it
  const behind = look === "renewed";
  if (!behind && first.to - first.from < room) return shape;
  if (behind && panel.x + panel.width - first.to < room) return shape;
  const x = round(behind ? first.to + 3 : (first.from + first.to) / 2);
  return markup`${shape}<text class="in ${look}" x="${x}" y="${round(upper + high / 2 + 3.2)}" text-anchor="${behind ? "start" : "middle"}">${label}</text>`;
}
