import { isObject, normalize, numberOf, textOf, type Value } from "./attributes";
import { array } from "./filters/array";
import { csv } from "./filters/csv";
import { json } from "./filters/json";
import { keyvalue } from "./filters/keyvalue";
import { querystring, urlParts } from "./filters/querystring";
import { rubyHash } from "./filters/ruby-hash";
import { userAgent } from "./filters/user-agent";
import { xml } from "./filters/xml";
import type { Argument, Call } from "./reference";

/** Converts a captured value. Undefined leaves out this attribute; the rule still matches. */
export type Filter = (value: Value) => Value | undefined;

/** @throws Error if the arguments are not valid */
type FilterFactory = (args: readonly Argument[]) => Filter;

const ofText =
  (convert: (text: string) => Value | undefined): Filter =>
  (value) =>
    typeof value === "object" ? value : convert(String(value));

const withoutArguments =
  (name: string, filter: Filter): FilterFactory =>
  (args) => {
    if (args.length > 0) throw new Error(`${name} takes no arguments`);
    return filter;
  };

function textArguments(name: string, args: readonly Argument[], most: number): string[] {
  if (args.length > most) throw new Error(`${name} takes at most ${most} arguments`);
  return args.map((arg) => {
    if (typeof arg !== "string") throw new Error(`the arguments of ${name} must be quoted texts`);
    return arg;
  });
}

const number = (value: Value): number | undefined => {
  const result = numberOf(value);
  return result === undefined ? undefined : Number(result);
};

const toInteger: Filter = (value) => {
  const result = numberOf(value);
  return typeof result === "number" ? Math.trunc(result) : result;
};

const FACTORIES: Record<string, FilterFactory> = {
  number: withoutArguments("number", number),
  integer: withoutArguments("integer", toInteger),
  boolean: withoutArguments(
    "boolean",
    ofText((text) => (/^(true|false)$/i.test(text) ? text.toLowerCase() === "true" : undefined)),
  ),
  lowercase: withoutArguments(
    "lowercase",
    ofText((text) => text.toLowerCase()),
  ),
  uppercase: withoutArguments(
    "uppercase",
    ofText((text) => text.toUpperCase()),
  ),
  json: withoutArguments(
    "json",
    ofText((text) => {
      const value = json(text, { controlCharacters: true });
      if (!isObject(value)) return value;
      const kept = normalize(value);
      // An object that is empty then sets nothing.
      return Object.keys(kept).length === 0 ? undefined : kept;
    }),
  ),
  decodeuricomponent: withoutArguments("decodeuricomponent", ofText(decode)),
  xml: withoutArguments("xml", ofText(xml)),
  rubyhash: withoutArguments("rubyhash", ofText(rubyHash)),
  csv: (args) => {
    const [headers, separator, quote] = textArguments("csv", args, 3);
    if (headers === undefined) throw new Error('csv needs the names of the columns: csv("user,action")');
    return ofText(csv(headers, separator, quote));
  },
  querystring: withoutArguments("querystring", ofText(querystring)),
  url: withoutArguments("url", ofText(urlParts)),
  useragent: ([option = false, ...rest]) => {
    const value = typeof option === "object" && option?.name === "decodeuricomponent" ? option.args[0] : option;
    // The option can be in quotes, or only its value.
    const decodes = value === true || value === "true" || value === "decodeuricomponent:true";
    if (rest.length > 0 || !(decodes || value === false || value === "false" || value === "decodeuricomponent:false"))
      throw new Error("useragent takes only the option decodeuricomponent:true or decodeuricomponent:false");
    return ofText((text) => userAgent(decodes ? decode(text) : text));
  },
  nullIf: (args) => {
    const [none] = textArguments("nullIf", args, 1);
    if (none === undefined) throw new Error('nullIf needs the text that means "no value": nullIf("-")');
    return (value) => (textOf(value) === none ? undefined : value);
  },
  scale: ([factor, ...rest]) => {
    if (typeof factor !== "number" || rest.length > 0) throw new Error("scale needs one number: scale(1000)");
    return (value) => {
      const result = number(value);
      return result === undefined ? undefined : result * factor;
    };
  },
  keyvalue: (args) => ofText(keyvalue(...textArguments("keyvalue", args, 4))),
  array: (args) => {
    const last = args.at(-1);
    const each = typeof last === "object" && last !== null ? filter(last) : (value: Value) => value;
    const given = textArguments("array", typeof last === "object" && last !== null ? args.slice(0, -1) : args, 2);
    const brackets = given.length === 2 ? given[0]! : "[]";
    return ofText(array(brackets, given.at(-1) ?? ",", each));
  },
};

/** The names of all filters, for suggestions. */
export const FILTERS = Object.keys(FACTORIES);

/**
 * The filter that a call names.
 *
 * @throws UnknownFilter if there is no such filter
 * @throws Error if its arguments are not valid
 */
export function filter({ name, args }: Call): Filter {
  const factory = Object.prototype.hasOwnProperty.call(FACTORIES, name) ? FACTORIES[name] : undefined;
  if (factory === undefined) throw new UnknownFilter(name);
  return factory(args);
}

/** The name of a filter that does not exist. */
export class UnknownFilter extends Error {
  constructor(readonly filter: string) {
    super(`unknown filter ${filter}`);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
