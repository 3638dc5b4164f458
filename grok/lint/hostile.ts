/** Length of the hostile lines: enough to tell a time that grows with the square of the length from one that grows with it. */
const LENGTH = 2000;
/** Samples that hostile lines are made of. */
const MOST_SAMPLES = 5;

/** Runs of characters and of words that matchers accept. */
const PIECES = ["a", "1", " ", "a ", "a.", "1.", "a,", "a=1 ", "/a", ":", '"', '\\"', "[", "{", "'", "-"];

/** Lines on which rules backtrack: long runs, repeated samples, and samples with a wrong end. */
export function hostileLines(samples: readonly string[]): string[] {
  const long = (piece: string) => `${piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH)}\u0001`;
  const chosen = samples.slice(0, MOST_SAMPLES).filter((each) => each !== "");
  return [
    ...PIECES.map(long),
    ...chosen.flatMap((sample) => [
      `${sample.slice(0, LENGTH)}\u0001`,
      long(sample),
      ...PIECES.slice(0, 4).map((piece) => sample.slice(0, sample.length / 2) + long(piece)),
    ]),
  ];
}
