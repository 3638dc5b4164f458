import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, type Pair, parseDocument } from "yaml";
import { readText } from "./file";

/** A pipeline file with the places of its values. JSON is read as YAML, which includes it. */
export interface Source {
  readonly text: string;
  readonly document: Document.Parsed;
  /** The line, from 1, of the value at a path; that of the last value on the way if the path does not exist. */
  lineOf(path: readonly (string | number)[]): number;
}

/** @throws PipelineFileError if the file cannot be read, or is not UTF-8 */
export function readSource(file: string): Source {
  const text = readText(file);
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: false, intAsBigInt: true });
  return {
    text,
    document,
    lineOf(path) {
      let node: unknown = document.contents;
      let start = 0;
      for (const key of path) {
        const pair = isMap(node) && typeof key === "string" ? pairOf(node.items, key) : undefined;
        const place: unknown = pair === undefined ? (isSeq(node) ? node.items[Number(key)] : undefined) : pair.key;
        if (!isNode(place)) break;
        start = place.range?.[0] ?? start;
        node = pair === undefined ? place : pair.value;
      }
      return counter.linePos(start).line || 1;
    },
  };
}

/** The pair with this key. */
export function pairOf(pairs: readonly Pair[], key: string): Pair | undefined {
  return pairs.find((pair) => keyOf(pair) === key);
}

/** The key of a pair, as text. */
export const keyOf = ({ key }: Pair) => String(isScalar(key) ? key.value : key);
