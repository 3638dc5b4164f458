import type { Look } from "./lane";
import { markup } from "./markup";

const entries: readonly (readonly [Look, string])[] = [
  ["ok", "answered: a tick when the answer came, at the top of the lane"],
  ["gap", "no success: the longest gaps"],
  ["slow", "slow (50 ms, a write 100 ms) or tried again: from the first try to the answer, in the middle"],
  ["failed", "failed: from the first try to the error, at the bottom"],
  ["open", "watch open; ticks: what it told"],
  ["silent", "watch open, but silent while writes were acknowledged"],
  ["ended", "watch gone"],
  ["holds", "holds, or answers for, the virtual IP"],
  ["two", "two at once"],
  ["up", "server up"],
  ["changing", "server on its way up or down, or in maintenance"],
  ["down", "server down"],
  ["unknown", "?: HAProxy does not answer"],
  ["renewed", "lease renewed"],
];

/** What each look means; and the pattern that marks two at once, for all drawings. */
export const legend = markup`<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="3" height="6"/></pattern>
</defs></svg>
<details class="legend" open><summary>Legend</summary>
<p>Times are seconds from the fault. A band shows how long the deed took; lines, the cure and when all was whole. Rest the pointer on anything for its numbers.</p>
<ul>${entries.map(
  ([look, text]) =>
    markup`<li><svg width="26" height="12" aria-hidden="true"><path class="${look}" d="${
      look === "ok"
        ? "M4 1h1.2v10h-1.2zM9 1h1.2v10h-1.2zM14 1h1.2v10h-1.2zM19 1h1.2v10h-1.2z"
        : look === "open" || look === "up"
          ? "M1 4h24v4h-24z"
          : look === "renewed"
            ? "M11 2h4v8h-4z"
            : "M1 1h24v10h-24z"
    }"/></svg> ${text}</li>
`,
)}</ul></details>`;
