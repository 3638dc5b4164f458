import { nearest } from "../nearest";
import { compileParser } from "../parser";
import type { PlacedProcessor, Processor } from "../pipeline/definition";
import type { Mistake } from "./finding";

/** Names that a log has without a processor: the reserved attributes, and those of the agent and of tracers. */
const GIVEN = /^(message|msg|service|host|hostname|status|timestamp|source|ddsource|ddtags|dd\..*|trace_id|span_id)$/;

/**
 * Hints for processors none of whose sources is set by a processor before them. Attributes of logs in JSON are not known, so there
 * are no hints for a pipeline whose parsers do not read the message.
 *
 * @param placed processors whose rules are valid
 */
export function lintSources(placed: readonly PlacedProcessor[]): Mistake[] {
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
    const { paths, any } = targetsOf(processor);
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
  switch (processor.type) {
    case "attribute-remapper":
      return processor.source_type === "attribute" ? processor.sources : [];
    case "date-remapper":
    case "status-remapper":
    case "service-remapper":
    case "message-remapper":
    case "trace-id-remapper":
    case "span-id-remapper":
    case "url-parser":
    case "user-agent-parser":
    case "geo-ip-parser":
      return processor.sources;
    case "grok-parser":
    case "lookup-processor":
    case "decoder-processor":
    case "array-map-processor":
      return [processor.source];
    case "array-processor":
      return [processor.operation.source];
    default:
      return [];
  }
}

/** The attributes that a processor can set. `any`: their names are those of the line. */
function targetsOf(processor: Processor): { readonly paths: readonly string[]; readonly any?: boolean } {
  switch (processor.type) {
    case "grok-parser": {
      const { match_rules: matchRules, support_rules: supportRules } = processor.grok;
      const { attributes, setsAny } = compileParser({ matchRules, supportRules });
      return { paths: attributes, any: setsAny };
    }
    case "attribute-remapper":
      return { paths: processor.target_type === "attribute" ? [processor.target] : [] };
    case "array-processor": {
      const { target } = processor.operation;
      return { paths: target === undefined ? [] : [target], any: target === undefined };
    }
    case "schema-processor": {
      const targets = processor.mappers.flatMap((mapper) =>
        mapper.type === "schema-remapper" ? [mapper.target] : Object.values(mapper.targets),
      );
      return { paths: ["ocsf", ...targets] };
    }
    default:
      return { paths: "target" in processor ? [processor.target] : [] };
  }
}
