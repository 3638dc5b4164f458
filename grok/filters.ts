import { isObject, normalize, textOf, type Value } from "./attributes";
import { array } from "./filters/array";
import { csv } from "./filters/csv";
import { json } from "./filters/json";
import { keyvalue } from "./filters/keyvalue";
import { querystring, urlParts } from "./filters/querystring";
import { rubyHash } from "./filters/ruby-hash";
import { userAgent } from "./filters/user-agent";
import { xml } from "./filters/xml";
import type { Argument, Call } from "./reference";

/** Turns a captured value into another; undefined drops the attribute, and only that. */
export type Filter = (value: Value) => Value | undefined;

/** Makes the filter from its arguments. Throws an Error where they do not fit. */
type Maker = (args: readonly Argument[]) => Filter;

const ofText =
  (convert: (text: string) => Value | undefined): Filter =>
  (value) =>
    typeof value === "object" ? value : convert(String(value));

const plain =
  (name: string, filter: Filter): Maker =>
  (args) => {
    if (args.length > 0) throw new Error(`${name} takes no arguments`);
    return filter;
  };

function texts(name: string, args: readonly Argument[], most: number): string[] {
  if (args.length > most) throw new Error(`${name} takes at most ${most} arguments`);
  return args.map((arg) => {
    if (typeof arg !== "string") throw new Error(`the arguments of ${name} are quoted texts`);
    return arg;
  });
}

const number = (value: Value): Value | undefined => {
  const text = typeof value === "string" ? value.trim() : value;
  const result = text === "" || typeof text === "object" ? NaN : Number(text);
  return Number.isFinite(result) ? result : undefined;
};

const toInteger: Filter = (value) => {
  const result = number(value);
  return typeof result === "number" ? Math.trunc(result) : undefined;
};

const MAKERS: Record<string, Maker> = {
  number: plain("number", number),
  integer: plain("integer", toInteger),
  boolean: plain(
    "boolean",
    ofText((text) => (/^(true|false)$/i.test(text) ? text.toLowerCase() === "true" : undefined)),
  ),
  lowercase: plain(
    "lowercase",
    ofText((text) => text.toLowerCase()),
  ),
  uppercase: plain(
    "uppercase",
    ofText((text) => text.toUpperCase()),
  ),
  json: plain(
    "json",
    ofText((text) => {
      const value = json(text);
      return isObject(value) ? normalize(value) : value;
    }),
  ),
  decodeuricomponent: plain("decodeuricomponent", ofText(decode)),
  xml: plain("xml", ofText(xml)),
  rubyhash: plain("rubyhash", ofText(rubyHash)),
  csv: (args) => {
    const [headers, separator, quote] = texts("csv", args, 3);
    if (headers === undefined) throw new Error('csv takes the names of the columns: csv("user,action")');
    return ofText(csv(headers, separator, quote));
  },
  querystring: plain("querystring", ofText(querystring)),
  url: plain("url", ofText(urlParts)),
  useragent: (args) => {
    const [decoding = "decodeuricomponent:false"] = texts("useragent", args, 1);
    return ofText((text) => userAgent(decoding.endsWith("true") ? decode(text) : text));
  },
  nullIf: (args) => {
    const [nothing] = texts("nullIf", args, 1);
    if (nothing === undefined) throw new Error('nullIf takes the text that stands for nothing: nullIf("-")');
    return (value) => (textOf(value) === nothing ? undefined : value);
  },
  scale: ([factor, ...rest]) => {
    if (typeof factor !== "number" || rest.length > 0) throw new Error("scale takes one number: scale(1000)");
    return (value) => {
      const result = number(value);
      return typeof result === "number" ? result * factor : undefined;
    };
  },
  keyvalue: (args) => ofText(keyvalue(...texts("keyvalue", args, 4))),
  array: (args) => {
    const last = args.at(-1);
    const each = typeof last === "object" && last !== null ? filter(last) : (value: Value) => value;
    const given = texts("array", typeof last === "object" && last !== null ? args.slice(0, -1) : args, 2);
    return ofText(given.length === 2 ? array(given[0], given[1]!, each) : array(undefined, given[0] ?? ",", each));
  },
};

/** The names of all filters, for suggestions. */
export const FILTERS = Object.keys(MAKERS);

/** The filter that a call names. Throws an Error that says what is wrong with it. */
export function filter({ name, args }: Call): Filter {
  const maker = Object.prototype.hasOwnProperty.call(MAKERS, name) ? MAKERS[name] : undefined;
  if (maker === undefined) throw new UnknownFilter(name);
  return maker(args);
}

/** A filter that this engine does not have. */
export class UnknownFilter extends Error {
  constructor(readonly filter: string) {
    super(`no filter is called ${filter}`);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
