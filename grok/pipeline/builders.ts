import { copyOf, numberOf, set, textOf, type Value } from "../attributes";
import type { Arithmetic, Lookup, StringBuilder } from "./definition";
import { valueOf, type WorkingLog } from "./log";

/** Datadog cuts a longer text. */
const MOST_CHARACTERS = 256;

/** Sets a template filled with attributes. A list is joined with commas; an object counts as missing. */
export function buildString(
  { template, target, is_replace_missing }: Omit<StringBuilder, "type" | "is_enabled">,
  log: WorkingLog,
): void {
  const missing: string[] = [];
  const text = template.replace(/%\{([^}]*)\}/g, (_all, path: string) => {
    const shown = show(valueOf(log, path.trim()));
    if (shown === undefined) missing.push(path);
    return shown ?? "";
  });
  if (missing.length === 0 || is_replace_missing) set(log.attributes, target, text.slice(0, MOST_CHARACTERS));
}

function show(value: Value | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return typeof value === "object" ? undefined : textOf(value);
  if (value.some((item) => typeof item === "object" && item !== null)) return undefined;
  // A null item is the empty text.
  return value.map((item) => (item === null ? "" : textOf(item))).join(",");
}

/** The rows of reference tables: for each table, by its primary key, mostly an object of the other columns. */
export type ReferenceTables = Readonly<Record<string, Readonly<Record<string, Value>>>>;

/** Sets the value that a table of `key,value` lines, or a reference table, has for an attribute. */
export function lookUp(definition: Lookup, log: WorkingLog, tables: ReferenceTables = {}): void {
  const value = valueOf(log, definition.source);
  if (value === undefined) return;
  const { lookup_enrichment_table: name, lookup_table: table = [] } = definition;
  if (name !== undefined) {
    const row = new Map(Object.entries(tables[name] ?? {})).get(textOf(value));
    if (row !== undefined) set(log.attributes, definition.target, copyOf(row));
    return;
  }
  const lines = typeof table === "string" ? table.split("\n").filter((line) => line.trim() !== "") : table;
  const line = lines.find((each) => each.slice(0, each.indexOf(",")).trim() === textOf(value));
  const found = line === undefined ? definition.default_lookup : line.slice(line.indexOf(",") + 1).trim();
  if (found !== undefined) set(log.attributes, definition.target, found);
}

type Expression = (log: WorkingLog) => number | undefined;

/**
 * Compiles an arithmetic processor. Its results have at most 9 decimals.
 *
 * @throws Error if the expression is not valid
 * @see https://docs.datadoghq.com/logs/log_configuration/processors/#arithmetic-processor
 */
export function compileArithmetic(definition: Omit<Arithmetic, "type" | "is_enabled">): (log: WorkingLog) => void {
  const { expression, target, is_replace_missing } = definition;
  const tokens = expression.match(/\d+(?:\.\d+)?|[A-Za-z_@$][\w.@$-]*|[-+*/()]|\S/g) ?? [];
  let index = 0;
  const missing = is_replace_missing ? 0 : undefined;

  const operand = (): Expression => {
    const token = tokens[index++];
    if (token === "(") {
      const inner = sum();
      if (tokens[index++] !== ")") throw new Error(`unclosed parenthesis in "${expression}"`);
      return inner;
    }
    if (token === "-") {
      const inner = operand();
      return (log) => negate(inner(log));
    }
    if (token !== undefined && /^\d/.test(token)) return () => Number(token);
    if (token === undefined || !/^[A-Za-z_@$]/.test(token)) {
      throw new Error(
        `expected a number or an attribute in "${expression}", found ${token === undefined ? "its end" : `"${token}"`}`,
      );
    }
    const path = token.replace(/^@/, "");
    return (log) => {
      const value = valueOf(log, path);
      const number = value === undefined ? undefined : numberOf(value);
      return number === undefined ? missing : Number(number);
    };
  };
  const chain = (next: () => Expression, operators: Record<string, (a: number, b: number) => number>): Expression => {
    let left = next();
    for (let apply = operators[tokens[index] ?? ""]; apply !== undefined; apply = operators[tokens[index] ?? ""]) {
      index++;
      const [a, b, combine] = [left, next(), apply];
      left = (log) => {
        const [x, y] = [a(log), b(log)];
        return x === undefined || y === undefined ? undefined : combine(x, y);
      };
    }
    return left;
  };
  const product = () => chain(operand, { "*": (a, b) => a * b, "/": (a, b) => a / b });
  const sum = (): Expression => chain(product, { "+": (a, b) => a + b, "-": (a, b) => a - b });

  const root = sum();
  if (index < tokens.length) throw new Error(`expected the end of "${expression}", found "${tokens[index]}"`);
  return (log) => {
    const result = root(log);
    if (result !== undefined && Number.isFinite(result)) set(log.attributes, target, rounded(result));
  };
}

/** Decimals of a result. Datadog rounds the others away. */
const MOST_DECIMALS = 9;

function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toFixed(MOST_DECIMALS));
}

function negate(value: number | undefined): number | undefined {
  return value === undefined ? undefined : -value;
}
