/** A way to write a line of any length that is meant to make a matcher work. */
export interface HostileLine {
  /** For the report: what it is made of. */
  readonly kind: string;
  make(length: number): string;
}

/** One of each kind of character that a rule may take for something: letter, digit, blank, quote, bracket, separator … */
const SINGLE = [..."aZ1 \t\n\"'[]{}()<>,;:.=-_/\\|%é".split(""), "\u{1f600}"];

/** What comes in turns, by what a rule may take it for. */
const ALTERNATING = {
  words: ["a ", "ab", "a1", "a.", "a-", "a:", "a\t", "a\n", "\r\n"],
  numbers: ["1.", "1 ", "1,", "1:", "12:34:56 ", "2026-01-01 ", "Jan  1 "],
  pairs: ["a=", "a=1 ", "a=1,", 'a="b" ', "a&b="],
  quotes: ['"a', '\\"', '" ', '", ', "' "],
  nesting: ["[]", "[a] ", "{}", "[", '{"a":', '{"a":[', "()", "<a>", "</a>"],
  addresses: ["::", "ff:", "1.1.1.1 ", "%20", "/a"],
  separators: ["-- ", " - ", "| ", "; "],
};

/** Lines that any rule may meet. */
export function commonLines(): HostileLine[] {
  return [
    ...SINGLE.map((unit) => ({ kind: `a run of ${JSON.stringify(unit)}`, make: repeated(unit) })),
    ...Object.values(ALTERNATING)
      .flat()
      .map((unit) => ({ kind: `${JSON.stringify(unit)} in turns`, make: repeated(unit) })),
  ];
}

/** Beginnings and pieces of a sample that are looked at; longer ones differ by little. */
const MOST_PIECES = 24;

/** Lines that nearly are a sample: its beginning over and over, and each of its pieces repeated where it stands. */
export function nearLines(sample: string): HostileLine[] {
  const pieces = evenly([...sample.matchAll(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu)], MOST_PIECES);
  return pieces.flatMap(({ 0: piece, index }) => {
    const [head, tail] = [sample.slice(0, index), sample.slice(index + piece.length)];
    const beginning = sample.slice(0, index + piece.length);
    return [
      { kind: `the sample's beginning ${short(beginning)} over and over`, make: repeated(beginning) },
      {
        kind: `the sample with its ${short(piece)} at ${index + 1} repeated`,
        make: (length: number) => head + repeated(piece)(length - head.length - tail.length) + tail,
      },
      {
        kind: `the sample with its ${short(piece)} at ${index + 1} repeated, and what follows cut off`,
        make: (length: number) => `${head}${repeated(piece)(length - head.length - 1)}\u0001`,
      },
    ];
  });
}

/** Whole units only: cut within one, a line might match at one size and not at another. */
function repeated(unit: string): (length: number) => string {
  return (length) => unit.repeat(Math.max(1, Math.floor(length / unit.length)));
}

function evenly<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return Array.from({ length: Math.min(most, items.length) }, (_, index) => items[Math.floor(index * step)]!);
}

function short(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
