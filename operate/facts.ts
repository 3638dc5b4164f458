/** The facts that a host's script printed, by name. A name may have several values. A missing fact is unknown. */
export type HostFacts = ReadonlyMap<string, readonly string[]>;

/** Limits of a host's output, in characters. Lists of nodes and pods and answers of etcd can be long; other facts are short. */
const longestLine = { usual: 4000, answer: 4_000_000 };
const mostLines = 2000;

const answers = /^(nodes|system-pods|etcd-[a-z]+) /;

/** Replaces control characters, invisible characters and characters that change the text direction by blanks. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

/** A text of a host for display: printable, and cut at a length. */
export function shown(text: string, longest = 160): string {
  const clean = printable(text);
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean;
}

/** Reads the output of host.sh. Lines that are not facts are ignored. A line that is too long is cut, so its JSON is invalid. */
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

/** The last value of a fact, without surrounding blanks; undefined if it is missing or empty. */
export function fact(facts: HostFacts, name: string): string | undefined {
  const value = facts.get(name)?.at(-1);
  return value === undefined || value === "" ? undefined : value;
}

/** The words of each value of a fact. */
export function rows(facts: HostFacts, name: string): string[][] {
  return (facts.get(name) ?? []).map((value) => value.split(" "));
}

/** A number that a host printed; undefined if the text is not a number. */
export function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
}

/** The response to an HTTPS request. */
export interface WebAnswer {
  /** HTTP status; 0 without a response. */
  readonly status: number;
  /** curl's exit code, which is the reason of a failure. On a host without curl, it is always 0. */
  readonly failure: number;
  readonly body: string;
}

/** Reads `STATUS FAILURE BODY`, as the script prints a response. */
export function webAnswer(text: string | undefined): WebAnswer | undefined {
  const [, status, failure, body = ""] = /^(\d{3}) (\d{1,3}|-) ?(.*)$/s.exec(text ?? "") ?? [];
  return status === undefined
    ? undefined
    : { status: Number(status), failure: failure === "-" ? 7 : Number(failure), body };
}

/** The JSON of a response; undefined if the request failed or the JSON is invalid. */
export function jsonAnswer(text: string | undefined): unknown {
  const answer = webAnswer(text);
  if (answer?.status !== 200) return undefined;
  try {
    // an escape sequence in a string may be a control character
    return JSON.parse(answer.body, (_, value: unknown) => (typeof value === "string" ? printable(value) : value));
  } catch {
    return undefined;
  }
}
