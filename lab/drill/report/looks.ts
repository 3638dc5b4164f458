import { Markup, markup } from "./markup";

/**
 * The CSS of each kind of bar, and its meaning. Each kind also has its own vertical place, so that colour is never the only
 * difference.
 */
const looks = {
  ok: ["top: 5%; height: 30%; background: var(--ok)", "answered (upper third)"],
  slow: [
    "top: 37%; height: 26%; background: var(--slow)",
    "slow (over 50 ms, a write over 100 ms) or retried (in the middle)",
  ],
  failed: [
    "top: 65%; height: 30%; background: var(--bad)",
    "failed: from the first try to the last error (lower third)",
  ],
  gap: ["top: 0; height: 100%; background: var(--hurts)", "no success"],
  good: ["top: 30%; height: 40%; background: var(--ok)", "watch open; server up; holds or answers for the virtual IP"],
  doubtful: [
    "top: 10%; height: 80%; color: var(--page); background: var(--slow)",
    "watch open, but silent while writes were acknowledged; server in transition or in maintenance",
  ],
  bad: [
    "top: 10%; height: 80%; color: var(--page); background: var(--bad)",
    "watch closed; server down; two hosts hold or answer for the virtual IP at once",
  ],
  unknown: ["top: 10%; height: 80%; background: var(--line)", "?: HAProxy does not answer"],
  renewed: ["top: 15%; height: 70%; border-left: 4px solid var(--holds); overflow: visible", "lease renewed"],
} as const;

export type Look = keyof typeof looks;

export const legend = markup`<details class="legend" open><summary>Legend</summary>
<p>Times are seconds from the fault. The band is the injection; the lines are the recovery and the steady state.
Point at a bar to see its numbers.</p>
<ul>${Object.entries(looks).map(
  ([look, [, meaning]]) => markup`<li><span class="lane"><i class="${look}"></i></span> ${meaning}</li>
`,
)}</ul></details>`;

/** The zoom levels: widths of a timeline, in page widths. */
const zooms = [1, 8, 40];

/** The zoom control of all timelines. With the style below, it needs no script. */
export const zoomControl = markup`<p class="zoom">Zoom: ${zooms.map((zoom) => {
  const checked = zoom === 1 ? markup`checked` : undefined;
  return markup`<label><input type="radio" name="zoom" value="${zoom}" ${checked}> ×${zoom}</label>\n`;
})}</p>`;

/** The page's style, for light and dark mode. */
export const style = new Markup(`
:root {
  color-scheme: light dark; print-color-adjust: exact; --labels: 13rem; --zoom: 1;
  --page: #ffffff; --text: #1c2128; --faint: #626a75; --line: #d5dae0; --ground: #f5f7f9;
  --ok: #12855b; --slow: #d98200; --bad: #cf2030; --holds: #3b62c4; --fine: #d9f2e4; --noticed: #fdebc3; --hurts: #fbd3d3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181d; --text: #e3e7eb; --faint: #98a1ac; --line: #363d46; --ground: #1b2027;
    --ok: #36b884; --slow: #eea62f; --bad: #ff5c66; --holds: #7c9df2; --fine: #173c2c; --noticed: #4d3a0d; --hurts: #5a1c22;
  }
}
body {
  margin: 1.5rem auto; max-width: 82rem; padding: 0 1.2rem; background: var(--page); color: var(--text);
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.6rem 0 0; padding-top: 0.8rem; border-top: 1px solid var(--line); }
h2 small, caption, td.none { color: var(--faint); font-weight: normal; }
section { scroll-margin-top: 2rem; }
p { margin: 0.3rem 0 0.6rem; }
a { color: inherit; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.8rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; }
th, td { padding: 0.2rem 0.35rem; border: 1px solid var(--line); text-align: left; vertical-align: top; }
.faults td { text-align: right; white-space: nowrap; }
td.fine { background: var(--fine); }
td.noticed { background: var(--noticed); }
td.hurts { background: var(--hurts); font-weight: 600; }
details { margin-top: 0.8rem; font-size: 0.85rem; }
.legend ul { columns: 2; padding: 0; list-style: none; }
.legend li { display: flex; gap: 0.5em; break-inside: avoid; }
.legend .lane { flex: none; width: 2rem; }
.legend i { left: 0; width: 100%; }
.zoom { position: sticky; top: 0; z-index: 3; background: var(--page); }
${zooms.map((zoom) => `:root:has([name="zoom"][value="${zoom}"]:checked) { --zoom: ${zoom}; }`).join("\n")}
:root:has([name="zoom"][value="1"]:checked) .fine-scale { display: none; }
.timeline { margin: 0.9rem 0; overflow-x: auto; border: 1px solid var(--line); font-size: 11px; line-height: 16px; }
.plot { position: relative; width: calc(var(--labels) + (100% - var(--labels)) * var(--zoom)); padding: 34px 0 18px; }
.plot > div { display: flex; border-bottom: 1px solid var(--line); }
.plot b { position: sticky; left: 0; z-index: 2; flex: none; width: var(--labels); background: var(--page); }
.plot b { font-weight: normal; }
.lane { position: relative; flex: 1; height: 20px; background: var(--ground); }
.lane i { position: absolute; min-width: 1px; overflow: hidden; white-space: nowrap; font-style: normal; }
.over { position: absolute; inset: 0 0 0 var(--labels); z-index: 1; overflow: clip; pointer-events: none; }
.over span { position: absolute; inset: 0 auto 0 0; padding-left: 3px; border-left: 1px solid; white-space: nowrap; }
.over [id] { scroll-margin: 3rem 50vw 0 var(--labels); }
.over .scale { display: flex; align-items: end; color: var(--faint); border-color: var(--line); }
.over .fault { color: var(--bad); background: color-mix(in srgb, var(--bad) 16%, transparent); }
.over .recovery { color: var(--holds); border-left-style: dashed; }
.over .steady { padding-top: 16px; color: var(--ok); border-left-style: dotted; }
${Object.entries(looks)
  .map(([look, [css]]) => `i.${look} { ${css}; }`)
  .join("\n")}
@media print { details:not([open]) { display: none; } }
`);
