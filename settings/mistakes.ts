import { UserError } from "../host/error";

/** One mistake in a stack's configuration, for the person who corrects it. */
export interface Mistake {
  /** The setting, e.g. `kube-control:masters[1].address`. */
  readonly key: string;
  /** The given value. Omitted if none was given, and for secrets. */
  readonly value?: unknown;
  /** What is wrong with it, to be read after the key: `is not an IPv4 address`. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Prefix of this program's configuration keys. */
export const namespace = "kube-control";

/** `kube-control:masters[1].address` for a path into the configuration. Names with other characters are quoted. */
export function keyOf(path: readonly PropertyKey[]): string {
  const text = path.map((part, index) => {
    if (typeof part === "number") {
      return `[${part}]`;
    }
    const name = String(part);
    if (!/^[A-Za-z0-9_-]+$/.test(name)) {
      return index === 0 ? name : `[${JSON.stringify(name)}]`;
    }
    return index === 0 ? name : `.${name}`;
  });
  return `${namespace}:${text.join("")}`;
}

const longest = 120;

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function paragraph(mistake: Mistake, number: string): string {
  const indent = " ".repeat(number.length);
  const given = mistake.value === undefined ? "" : ` = ${shown(mistake.value)}`;
  const remedy = mistake.remedy.replaceAll("\n", `\n${indent}  `);
  return `${number}${mistake.key}${given}\n${indent}${mistake.what}.\n${indent}→ ${remedy}`;
}

/** One error with all mistakes, numbered in the order of the sections. Mistakes outside the sections come first. */
export function configurationError(
  stack: string,
  mistakes: readonly Mistake[],
  sections: readonly string[],
): UserError {
  const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
  const place = ({ key }: Mistake) => sections.indexOf(/^[^:]*:(\w*)/.exec(key)?.[1] ?? "");
  const paragraphs = [...mistakes]
    .sort((one, other) => place(one) - place(other))
    .map((mistake, index) => paragraph(mistake, `${index + 1}. `));
  return new UserError(
    [`The configuration of stack ${stack} has ${count}. No host was contacted.`, ...paragraphs].join("\n\n"),
  );
}
