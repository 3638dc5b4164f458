import type { Failure } from "../protocol/schema";
import { isRecord, isUnknown, type Properties, type Value } from "../protocol/value";
import { items } from "./processors";

/** What the schema cannot say of a pipeline, at the place `path` of the inputs. */
export function checkPipeline({ filters, processors }: Properties, path = ""): Failure[] {
  const failures: Failure[] = [];
  if (Array.isArray(filters) && filters.length !== 1) {
    failures.push({ property: `${path}filters`, reason: `"${path}filters" must hold one filter` });
  }
  for (const [index, processor] of items(processors).entries()) {
    failures.push(...checkProcessor(processor, `${path}processors[${index}]`));
  }
  return failures;
}

function checkProcessor(processor: Properties, path: string): Failure[] {
  if (isUnknown(processor)) {
    return [];
  }
  const names = Object.keys(processor);
  if (names.length !== 1) {
    return [{ property: path, reason: `"${path}" must have one property, got ${names.join(" and ") || "none"}` }];
  }
  const { pipeline, grokParser, arrayProcessor, arrayMapProcessor } = processor;
  if (isRecord(pipeline)) {
    return checkPipeline(pipeline, `${path}.pipeline.`);
  }
  if (isRecord(grokParser)) {
    return checkSamples(grokParser["samples"], `${path}.grokParser.samples`);
  }
  if (isRecord(arrayProcessor) && isRecord(arrayProcessor["operation"])) {
    return checkProcessor(arrayProcessor["operation"], `${path}.arrayProcessor.operation`);
  }
  if (isRecord(arrayMapProcessor)) {
    return items(arrayMapProcessor["processors"]).flatMap((element, index) =>
      checkProcessor(element, `${path}.arrayMapProcessor.processors[${index}]`),
    );
  }
  return [];
}

function checkSamples(samples: Value | undefined, path: string): Failure[] {
  const list = Array.isArray(samples) ? samples : [];
  return list.flatMap((sample, index) =>
    sample === "" ? [{ property: `${path}[${index}]`, reason: `"${path}[${index}]" must not be empty` }] : [],
  );
}
