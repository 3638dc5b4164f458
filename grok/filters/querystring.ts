import { type Attributes, isObject, type Value } from "../attributes";

/** `a=1&b=x` as an object of texts. A repeated key makes a list. Values stay percent-encoded. */
export function querystring(text: string): Attributes {
  const found = new Map<string, Value>();
  for (const pair of text.replace(/^\?/, "").split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const key = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? "" : pair.slice(equals + 1);
    const there = found.get(key);
    if (Array.isArray(there)) there.push(value);
    else found.set(key, there === undefined ? value : [there, value]);
  }
  return Object.fromEntries(found);
}

/** The parts that a URL has: scheme, host, port, path, queryString, hash. */
export function urlParts(text: string): Attributes | undefined {
  const parts =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(?::(\d+))?)?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(
      text,
    );
  if (parts === null) return undefined;
  const [, scheme, host, port, path = "", query, hash] = parts;
  const result: Attributes = {};
  if (scheme !== undefined) result.scheme = scheme;
  if (host !== undefined) result.host = host.toLowerCase();
  if (port !== undefined) result.port = Number(port);
  result.path = path;
  if (query !== undefined && query !== "") {
    // Here, the last value of a repeated key is used.
    const pairs = querystring(query);
    result.queryString = Object.fromEntries(
      Object.entries(pairs).map(([key, value]) => [
        key,
        Array.isArray(value) && !isObject(value) ? value.at(-1)! : value,
      ]),
    );
  }
  if (hash !== undefined && hash !== "") result.hash = hash;
  return result;
}
