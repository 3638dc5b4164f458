import { Markup } from "./markup";

/** The page's looks, by day and by night. */
export const style = new Markup(`
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1c2128; --faint: #626a75; --line: #d5dae0; --ground: #f5f7f9; --grid: #dfe4e9;
  --ok: #12855b; --slow: #d98200; --bad: #cf2030; --holds: #3b62c4; --told: #0a4f36; --unknown: #8a929c;
  --window: #3b62c414; --fine: #d9f2e4; --noticed: #fdebc3; --hurts: #fbd3d3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181d; --text: #e3e7eb; --faint: #98a1ac; --line: #363d46; --ground: #1b2027; --grid: #2a3038;
    --ok: #36b884; --slow: #eea62f; --bad: #ff5c66; --holds: #7c9df2; --told: #b7f0d6; --unknown: #767f8a;
    --window: #7c9df21c; --fine: #173c2c; --noticed: #4d3a0d; --hurts: #5a1c22;
  }
}
body { margin: 1.5rem auto; max-width: 82rem; padding: 0 1.2rem; background: var(--page); color: var(--text);
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.6rem 0 0; padding-top: 0.8rem; border-top: 1px solid var(--line); }
h2 small { color: var(--faint); font-weight: normal; font-size: 0.8em; margin-left: 0.4em; }
p { margin: 0.3rem 0 0.6rem; }
a { color: inherit; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--faint); font-size: 0.85rem; padding-bottom: 0.3rem; }
th, td { padding: 0.2rem 0.5rem; border: 1px solid var(--line); text-align: left; vertical-align: top; }
.faults { font-size: 0.75rem; }
.faults th, .faults td { padding: 0.2rem 0.32rem; }
.faults td { text-align: right; white-space: nowrap; }
.faults thead th { vertical-align: bottom; font-weight: 600; }
.faults tbody th { font-weight: normal; white-space: nowrap; }
.figures { font-size: 0.85rem; }
.figures thead td { border: 0; }
.figures th { font-weight: 600; white-space: nowrap; }
td.fine { background: var(--fine); }
td.noticed { background: var(--noticed); }
td.hurts { background: var(--hurts); font-weight: 600; }
td.none { color: var(--faint); }
details { margin-top: 0.8rem; }
summary { cursor: pointer; font-size: 0.9rem; }
.legend ul { columns: 2; padding: 0; margin: 0; list-style: none; font-size: 0.82rem; }
.legend p { font-size: 0.82rem; }
.legend li { break-inside: avoid; }
.legend svg { vertical-align: -1px; margin-right: 0.3em; }
.patterns { position: absolute; }
figure { margin: 0.9rem 0 0; }
figcaption { font-size: 0.85rem; font-weight: 600; color: var(--faint); }
figure svg { display: block; width: 100%; height: auto; }
text { fill: var(--text); font-size: 11px; }
text.group { font-weight: 600; }
text.lane { text-anchor: end; }
text.time { fill: var(--faint); font-size: 10.5px; }
text.name { font-weight: 700; fill: var(--holds); }
text.in { font-size: 9.5px; pointer-events: none; }
.ground { fill: var(--ground); stroke: var(--line); }
.grid { stroke: var(--grid); stroke-width: 1; pointer-events: none; }
.window { fill: var(--window); stroke: var(--holds); stroke-opacity: 0.4; stroke-dasharray: 3 2; }
path.ok, path.open, path.up { fill: var(--ok); }
path.up { fill-opacity: 0.75; }
path.gap { fill: var(--bad); fill-opacity: 0.1; stroke: var(--bad); stroke-width: 0.8; }
path.slow, path.changing { fill: var(--slow); }
path.slow-wait { fill: var(--slow); fill-opacity: 0.4; }
path.failed, path.down { fill: var(--bad); }
path.failed-wait { fill: var(--bad); fill-opacity: 0.35; }
path.told { fill: var(--told); fill-opacity: 0.45; }
path.silent { fill: var(--noticed); stroke: var(--slow); stroke-dasharray: 3 2; }
path.ended { fill: var(--hurts); stroke: var(--bad); stroke-width: 0.8; }
path.holds { fill: var(--holds); }
path.two { fill: url(#hatch); stroke: var(--bad); }
.hatch-ground { fill: var(--page); }
.hatch-line { fill: var(--bad); }
path.unknown { fill: var(--unknown); fill-opacity: 0.45; }
path.renewed { fill: var(--holds); }
text.in.down, text.in.changing { fill: var(--page); font-weight: 700; }
text.in.two { font-weight: 700; paint-order: stroke; stroke: var(--page); stroke-width: 3px; }
.deed { fill: var(--bad); fill-opacity: 0.16; }
path.sign { stroke-width: 1.3; }
path.fault { stroke: var(--bad); }
path.cure { stroke: var(--holds); stroke-dasharray: 5 3; }
path.whole { stroke: var(--ok); stroke-dasharray: 2 2; }
text.sign { font-weight: 600; }
text.fault { fill: var(--bad); }
text.cure { fill: var(--holds); }
text.whole { fill: var(--ok); }
@media print { details:not([open]) { display: none; } }
`);
