import { canGenerate, generate, type Generated } from "./generate";
import { FAILED, OUT_OF_STEPS, type Program, Run, budgetFor } from "./run";

/** Matches before the program is translated to JavaScript. The translation takes as long as some tens of matches. */
const COLD = 30;
/** Codes of a longer text are not kept. */
const LONGEST_KEPT = 65_536;

/** The last text and its UTF-16 codes: several rules match the same line. */
let last = "";
const codes = new Uint16Array(LONGEST_KEPT);

/** Matches texts against a program. Translates it to JavaScript if it is used often. */
export class PatternMatcher {
  private count = 0;
  private generated: Generated | undefined;
  private readonly captures: Int32Array;

  constructor(private readonly program: Program) {
    this.captures = new Int32Array(program.captureCount * 2);
  }

  /** Start and end of each capture, or -1, if the text matches. Valid until the next call. */
  match(text: string): Int32Array | undefined {
    if (this.generated === undefined && ++this.count === COLD && canGenerate(this.program)) {
      this.generated = generate(this.program);
    }
    if (this.generated === undefined) {
      const run = new Run(this.program, text);
      return run.match(0) ? run.captures : undefined;
    }
    this.captures.fill(-1);
    const end = this.generated(text, codesOf(text), this.captures, budgetFor(text.length));
    if (end === OUT_OF_STEPS) {
      const run = new Run(this.program, text);
      return run.matchWithMemo(0) ? run.captures : undefined;
    }
    return end === FAILED ? undefined : this.captures;
  }

  /** Whether the first attempt on the text runs out of steps, so that the second one with its record of states is needed. */
  runsOut(text: string): boolean {
    return new Run(this.program, text).attempt(0, -1, undefined, budgetFor(text.length)) === OUT_OF_STEPS;
  }
}

function codesOf(text: string): Uint16Array {
  if (text === last) return codes;
  const long = text.length > LONGEST_KEPT;
  const result = long ? new Uint16Array(text.length) : codes;
  for (let index = 0; index < text.length; index++) result[index] = text.charCodeAt(index);
  if (!long) last = text;
  return result;
}
