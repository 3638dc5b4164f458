/** What a host's script printed, by name. A name may have several values; one that is missing is unknown. */
export type HostFacts = ReadonlyMap<string, readonly string[]>;

/** Bounds of what a host may say. A list of nodes and an answer of etcd are long, all else is a few words. */
const longestLine = { usual: 4000, answer: 4_000_000 };
const mostLines = 2000;

const answers = /^(nodes|system-pods|etcd-[a-z]+) /;

/** Removes what a terminal would take for a command, and characters that change the direction or are not seen. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

/** A text of a host, cut where it is shown to a person. */
export function shown(text: string, longest = 160): string {
  const clean = printable(text);
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean;
}

/** Reads the output of host.sh. What is no fact is left out; what is too long is cut, and then it is no whole answer. */
export function readFacts(output: string): HostFacts {
  const facts = new Map<string, string[]>();
  for (const line of output.split("\n", mostLines)) {
    const longest = answers.test(line) ? longestLine.answer : longestLine.usual;
    const [, name, value = ""] = /^([a-z][a-z0-9-]{0,40})(?: (.*))?$/s.exec(line.slice(0, longest)) ?? [];
    if (name !== undefined) {
      const values = facts.get(name) ?? [];
      values.push(printable(value));
      facts.set(name, values);
    }
  }
  return facts;
}

/** The last value of a fact, without surrounding blanks; undefined where it is missing or empty. */
export function fact(facts: HostFacts, name: string): string | undefined {
  const value = facts.get(name)?.at(-1);
  return value === undefined || value === "" ? undefined : value;
}

/** The words of each value of a fact. */
export function rows(facts: HostFacts, name: string): string[][] {
  return (facts.get(name) ?? []).map((value) => value.split(" "));
}

/** A number that a host printed; undefined where it is none. */
export function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
}

/** An answer over TLS: its status and its body. */
export interface WebAnswer {
  /** 0 where there was none. */
  readonly status: number;
  /** What curl says of a failure, as its exit code; 0 where there was an answer. */
  readonly failure: number;
  readonly body: string;
}

/** Reads `STATUS FAILURE BODY`, which the script prints of an answer. */
export function webAnswer(text: string | undefined): WebAnswer | undefined {
  const [, status, failure, body = ""] = /^(\d{3}) (\d{1,3}|-) ?(.*)$/s.exec(text ?? "") ?? [];
  return status === undefined
    ? undefined
    : { status: Number(status), failure: failure === "-" ? 7 : Number(failure), body };
}

/** The JSON of an answer; undefined where it failed or is not whole. */
export function jsonAnswer(text: string | undefined): unknown {
  const answer = webAnswer(text);
  if (answer?.status !== 200) return undefined;
  try {
    // an escape in a text may stand for a control character
    return JSON.parse(answer.body, (_, value: unknown) => (typeof value === "string" ? printable(value) : value));
  } catch {
    return undefined;
  }
}
