/** A generator of lines that are expensive for a matcher, of any length. */
export interface HostileLine {
  /** A description for the report. */
  readonly kind: string;
  make(length: number): string;
}

/** One of each kind of character that a rule may match: letter, digit, blank, quote, bracket, separator … */
const SINGLE = [..."aZ1 \t\n\"'[]{}()<>,;:.=-_/\\|%é".split(""), "\u{1f600}"];

/** Repeated texts, by what a rule may match them as. */
const ALTERNATING = {
  words: ["a ", "ab", "a1", "a.", "a-", "a:", "a\t", "a\n", "\r\n"],
  numbers: ["1.", "1 ", "1,", "1:", "12:34:56 ", "2026-01-01 ", "Jan  1 "],
  pairs: ["a=", "a=1 ", "a=1,", 'a="b" ', 'a="', "a&b="],
  quotes: ['"a', '\\"', '" ', '", ', "' "],
  nesting: ["[]", "[a] ", "{}", "[", '{"a":', '{"a":[', "()", "<a>", "</a>", "<a "],
  addresses: ["::", "ff:", "1.1.1.1 ", "%20", "/a"],
  separators: ["-- ", " - ", "| ", "; "],
};

/** Hostile lines for any rule. */
export function commonLines(): HostileLine[] {
  return [
    ...SINGLE.map((unit) => ({ kind: `a run of ${JSON.stringify(unit)}`, make: repeated(unit) })),
    ...Object.values(ALTERNATING)
      .flat()
      .map((unit) => ({ kind: `${JSON.stringify(unit)} repeated`, make: repeated(unit) })),
  ];
}

/** The most pieces of a sample that are used. More pieces differ little. */
const MOST_PIECES = 24;

/** Lines similar to a sample: with its beginning repeated, or with one of its pieces repeated in place. */
export function nearLines(sample: string): HostileLine[] {
  const pieces = evenly([...sample.matchAll(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu)], MOST_PIECES);
  return pieces.flatMap(({ 0: piece, index }) => {
    const [head, tail] = [sample.slice(0, index), sample.slice(index + piece.length)];
    const beginning = sample.slice(0, index + piece.length);
    return [
      { kind: `the sample's beginning ${short(beginning)} repeated`, make: repeated(beginning) },
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

/** Repeats complete units: a line that ends within a unit could match at one size and not at another. */
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
