import { nearest } from "../nearest";
import type { Parser } from "../parser";
import { type PlacedProcessor, type Processor, targetsOf } from "../pipeline/definition";
import type { Mistake } from "./finding";

/** Names that a log has without a processor: the reserved attributes, and those of the agent and of tracers. */
const GIVEN = /^(message|msg|service|host|hostname|status|timestamp|source|ddsource|ddtags|dd\..*|trace_id|span_id)$/;

/**
 * Hints for processors none of whose sources is set by a processor before them. Attributes of logs in JSON are not known, so there
 * are no hints for a pipeline whose parsers do not read the message.
 *
 * @param parsers the Grok parsers of the processors, by their places
 */
export function lintSources(placed: readonly PlacedProcessor[], parsers: ReadonlyMap<string, Parser>): Mistake[] {
  const mistakes: Mistake[] = [];
  const known = new Set<string>();
  let parsesMessage = false;
  for (const each of placed) {
    const { processor } = each;
    const sources = sourcesOf(processor).map((path) => path.replace(/^custom\./, ""));
    const missing = sources.filter((path) => !GIVEN.test(path) && !isKnown(path, known));
    if (parsesMessage && missing.length > 0 && missing.length === sources.length) {
      const similar = missing.map((path) => nearest(path, [...known])).find((text) => text !== "") ?? "";
      const message = `no processor before it sets ${missing.join(", ")}${similar}`;
      mistakes.push({ level: "hint", code: "unknown-source", placed: each, message });
    }
    const { paths, any } = settable(each, parsers);
    // From here on, every attribute can exist.
    if (any) return mistakes;
    parsesMessage ||= processor.type === "grok-parser" && processor.source === "message";
    for (const path of paths) known.add(path);
  }
  return mistakes;
}

/** Whether an attribute, an object that contains it, or an attribute in it is set. */
function isKnown(path: string, known: ReadonlySet<string>): boolean {
  return [...known].some((each) => each === path || path.startsWith(`${each}.`) || each.startsWith(`${path}.`));
}

/** The attributes that a processor reads, of which one must exist for it to have an effect. */
function sourcesOf(processor: Processor): readonly string[] {
  if (processor.type === "attribute-remapper" && processor.source_type === "tag") return [];
  if (processor.type === "array-processor") return [processor.operation.source];
  if ("sources" in processor) return processor.sources;
  return "source" in processor ? [processor.source] : [];
}

/** The attributes that a processor can set. `any`: their names are those of the line. */
function settable(
  { processor, where }: PlacedProcessor,
  parsers: ReadonlyMap<string, Parser>,
): { readonly paths: readonly string[]; readonly any?: boolean } {
  const parser = parsers.get(where);
  if (parser !== undefined) return { paths: parser.attributes, any: parser.setsAny };
  if (processor.type === "attribute-remapper" && processor.target_type === "tag") return { paths: [] };
  const paths = targetsOf(processor);
  if (processor.type === "schema-processor") return { paths: ["ocsf", ...paths] };
  return { paths, any: processor.type === "array-processor" && paths.length === 0 };
}
