import type { Origin } from "./node";
import { Op, type Program } from "./run";
import { holds, near, Run, sizeAt } from "./run";

/** Where matching stopped in a text that does not match. */
export interface Stop {
  /** Index in the text where matching stopped. */
  readonly position: number;
  /** What the pattern expected there. */
  readonly origin: Origin | undefined;
  /** Number of characters that specific parts of the pattern matched. `data` or `notSpace` do not count. */
  readonly evidence: number;
}

/** Largest set that counts as specific: digits, letters, blanks, but not `.` or `[^,]`. */
const LARGEST_SPECIFIC_SET = 80;

/**
 * Tries every path through a pattern that was compiled as transparent, and returns where the best one stopped. The best path
 * is the one with the most evidence. It is not the one that reaches furthest: `data` reaches the end of every line.
 */
export function explain(program: Program, text: string): Stop {
  const { ops, a, b, joins, sets, strings } = program;
  const width = text.length + 1;
  const visited = new Uint8Array(program.joinCount * width);
  const stack: [pc: number, position: number, evidence: number][] = [[0, 0, 0]];
  let best: Stop = { position: 0, origin: program.origins.find((origin) => origin !== undefined), evidence: -1 };
  const looks = program.parts.map((part) => new Run({ ...part.program, needsMemo: true }, text));

  const stop = (pc: number, position: number, evidence: number) => {
    if (evidence > best.evidence) best = { position, origin: program.origins[pc], evidence };
  };

  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    let [pc, position, evidence] = state;
    for (let alive = true; alive;) {
      const join = joins[pc]!;
      if (join >= 0) {
        if (visited[join * width + position] === 1) break;
        visited[join * width + position] = 1;
      }
      alive = false;
      switch (ops[pc]!) {
        case Op.Char:
        case Op.Text: {
          const wanted = ops[pc] === Op.Char ? String.fromCharCode(a[pc]!) : strings[a[pc]!]!;
          let same = 0;
          while (same < wanted.length && wanted[same] === text[position + same]) same++;
          position += same;
          evidence += same;
          if (same < wanted.length) stop(pc, position, evidence);
          else alive = true;
          break;
        }
        case Op.Set: {
          const set = sets[a[pc]!]!;
          const size = sizeAt(set, text, position);
          if (size === 0) stop(pc, position, evidence);
          else alive = true;
          position += size;
          if (set.size <= LARGEST_SPECIFIC_SET) evidence += size;
          break;
        }
        case Op.Greedy:
        case Op.Lazy:
        case Op.Possessive: {
          // One step at a time: `visited` keeps this linear, and the order of the paths does not matter here.
          const set = sets[a[pc]!]!;
          const size = sizeAt(set, text, position);
          const gain = set.size <= LARGEST_SPECIFIC_SET ? size : 0;
          if (size > 0 && b[pc]! < 0) stack.push([pc, position + size, evidence + gain]);
          else {
            for (let left = b[pc]!, at = position, step = size; left > 0 && step > 0; left--) {
              at += step;
              stack.push([pc + 1, at, evidence + (gain > 0 ? at - position : 0)]);
              step = sizeAt(set, text, at);
            }
          }
          alive = true;
          break;
        }
        case Op.Split:
          stack.push([b[pc]!, position, evidence]);
          pc = a[pc]!;
          alive = true;
          continue;
        case Op.Jump:
          pc = a[pc]!;
          alive = true;
          continue;
        case Op.Assert:
          alive = holds(program.assertions[a[pc]!]!, text, position);
          if (!alive) stop(pc, position, evidence);
          break;
        case Op.Near:
          alive = near(sets[a[pc]!]!, b[pc]!, text, position);
          if (!alive) stop(pc, position, evidence);
          break;
        case Op.Part: {
          // Only look-arounds are left. A look-behind counts as matched: the path has matched the text before it.
          const { kind } = program.parts[a[pc]!]!;
          alive = kind.endsWith("ehind") || looks[a[pc]!]!.match(position) === (kind === "ahead");
          if (!alive) stop(pc, position, evidence);
          break;
        }
        case Op.Save:
          alive = true;
          break;
        case Op.Match:
          break;
      }
      pc++;
    }
  }
  return best;
}
