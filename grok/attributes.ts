import { Kept } from "./kept";

/** A value of a log's attributes: any JSON value. A bigint is a whole number that a `number` cannot hold exactly. */
export type Value = string | number | bigint | boolean | null | Value[] | Attributes;
export interface Attributes {
  [key: string]: Value;
}

export function isObject(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as text: objects and lists as JSON. */
export function textOf(value: Value): string {
  return typeof value === "object" ? jsonText(value) : String(value);
}

/** A value as JSON. Unlike `JSON.stringify`, it writes a bigint with all its digits. */
export function jsonText(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const entries = Object.entries<unknown>(value).filter(([, each]) => each !== undefined);
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${jsonText(each)}`).join(",")}}`;
}

/** A copy that shares no object and no list with the value. */
export function copyOf<T extends Value>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (!isObject(value)) return value;
  const copy: Attributes = {};
  for (const [key, each] of Object.entries(value)) put(copy, key, copyOf(each));
  return copy as T;
}

/** Most digits that a whole number keeps. The time to convert a bigint grows faster than its length. */
const MOST_DIGITS = 40;

/** The whole number of a text of digits with an optional sign: a bigint if a `number` cannot hold it exactly. */
export function wholeNumber(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) || text.length > MOST_DIGITS ? value : BigInt(text.replace(/^\+/, ""));
}

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * The number that a value is, or that its text is in decimal notation, with blanks around it. Undefined for any other value, such
 * as `true`, the empty text or `0x1f`. A whole number keeps its digits.
 */
export function numberOf(value: Value): number | bigint | undefined {
  if (typeof value === "bigint") return value;
  const text = typeof value === "string" ? value.trim() : "";
  if (typeof value !== "number" && !DECIMAL.test(text)) return undefined;
  const number = typeof value === "number" ? value : /^[+-]?\d+$/.test(text) ? wholeNumber(text) : Number(text);
  return number === Infinity || number === -Infinity || Number.isNaN(number) ? undefined : number;
}

const own = (object: Attributes, key: string): Value | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

function put(object: Attributes, key: string, value: Value): void {
  // The only key that an assignment would not make an ordinary property.
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}

/**
 * The value at a path with dots. In a list, a number is the position of an item from 0: `a.0.b`. Without a number, it is the
 * list of the values that the objects in the list have at the rest of the path. A key that contains the dots itself takes
 * precedence.
 */
export function get(attributes: Attributes, path: string): Value | undefined {
  const direct = own(attributes, path);
  if (direct !== undefined) return direct;
  for (let dot = path.indexOf("."); dot > 0; dot = path.indexOf(".", dot + 1)) {
    const inner = own(attributes, path.slice(0, dot));
    const rest = path.slice(dot + 1);
    if (isObject(inner)) {
      const value = get(inner, rest);
      if (value !== undefined) return value;
    } else if (Array.isArray(inner)) {
      const value = getInList(inner, rest);
      if (value !== undefined) return value;
    }
  }
  return undefined;
}

function getInList(list: readonly Value[], path: string): Value | undefined {
  const [position, ...rest] = path.split(".");
  const item = /^\d+$/.test(position!) ? list[Number(position)] : undefined;
  if (item !== undefined) {
    if (rest.length === 0) return item;
    if (Array.isArray(item)) return getInList(item, rest.join("."));
    if (isObject(item)) return get(item, rest.join("."));
    return undefined;
  }
  const values = list.filter(isObject).map((each) => get(each, path));
  return values.some((value) => value !== undefined) ? values.map((value) => value ?? null) : undefined;
}

/**
 * A parsed JSON object as Datadog keeps it: a key with dots becomes nested objects; null, `{}` and `[]` are left out, except
 * as items of a list.
 */
export function normalize(object: Attributes): Attributes {
  const result: Attributes = {};
  for (const [key, value] of Object.entries(object)) {
    const kept = normalizeValue(value);
    if (kept === null || (typeof kept === "object" && Object.keys(kept).length === 0)) continue;
    const nests = key.includes(".") && !key.split(".").includes("");
    const there = nests ? get(result, key) : own(result, key);
    if (isObject(there) && isObject(kept)) merge(there, kept);
    else if (nests) set(result, key, kept);
    else put(result, key, kept);
  }
  return result;
}

function normalizeValue(value: Value): Value {
  if (Array.isArray(value)) return value.map(normalizeValue);
  return isObject(value) ? normalize(value) : value;
}

/** Sets the value at a path with dots and makes the objects on the way. An existing value is replaced. */
export function set(attributes: Attributes, path: string, value: Value): void {
  const [holder, key] = holderOf(attributes, path);
  put(holder, key, value);
}

/** Removes the value at a path, and every object that becomes empty by that. */
export function remove(attributes: Attributes, path: string): void {
  if (own(attributes, path) !== undefined) {
    delete attributes[path];
    return;
  }
  for (let dot = path.indexOf("."); dot > 0; dot = path.indexOf(".", dot + 1)) {
    const key = path.slice(0, dot);
    const inner = own(attributes, key);
    if (!isObject(inner) || get(inner, path.slice(dot + 1)) === undefined) continue;
    remove(inner, path.slice(dot + 1));
    if (Object.keys(inner).length === 0) delete attributes[key];
    return;
  }
}

/** Adds the value of one capture: objects are merged, a second scalar at the same path makes a list. The empty path is the root. */
export function add(attributes: Attributes, path: string, value: Value): void {
  if (path === "") {
    if (isObject(value)) merge(attributes, value);
    return;
  }
  const [holder, key] = holderOf(attributes, path);
  const there = own(holder, key);
  if (there === undefined) put(holder, key, value);
  else if (isObject(there) && isObject(value)) merge(there, value);
  else if (Array.isArray(there)) for (const item of Array.isArray(value) ? value : [value]) there.push(item);
  else put(holder, key, [there, ...(Array.isArray(value) ? value : [value])]);
}

/** Merges the source into the target, object by object. A value that is not an object is replaced. */
export function merge(target: Attributes, source: Attributes): void {
  for (const [key, value] of Object.entries(source)) {
    const there = own(target, key);
    if (isObject(there) && isObject(value)) merge(there, value);
    else put(target, key, value);
  }
}

/** Deepest nesting of objects: more would exhaust the stack of the functions that walk them. */
const DEEPEST = 500;

/** The keys of paths that were used, because the same few come with every line. */
const known = new Kept<string, readonly string[]>(1000);

function keysOf(path: string): readonly string[] {
  let keys = known.get(path);
  if (keys === undefined) {
    keys = path.split(".").filter((key) => key !== "");
    known.set(path, keys);
  }
  return keys;
}

function holderOf(attributes: Attributes, path: string): [Attributes, string] {
  const keys = keysOf(path);
  if (keys.length > DEEPEST) return [attributes, path];
  let holder = attributes;
  for (let index = 0; index < keys.length - 1; index++) {
    const key = keys[index]!;
    const inner = own(holder, key);
    if (isObject(inner)) holder = inner;
    else {
      const made: Attributes = {};
      put(holder, key, made);
      holder = made;
    }
  }
  return [holder, keys.at(-1) ?? path];
}
