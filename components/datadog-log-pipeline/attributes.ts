import type { Pipeline } from "../../grok/index";
import { nearest } from "../../grok/nearest";
import { allProcessors, targetsOf } from "../../grok/pipeline/definition";
import { UserError } from "../../host/error";
import { type LogPipeline, placeOf } from "./log-pipeline";
import type { PipelineParser } from "./parsers";

/** @throws UserError if a facet, a metric, a monitor or a widget uses an attribute that the pipeline does not set */
export function checkAttributes(pipeline: LogPipeline, definition: Pipeline, parsers: readonly PipelineParser[]): void {
  const targets = allProcessors(definition).flatMap(targetsOf);
  const known = [...new Set([...parsers.flatMap(({ parser }) => parser.attributes), ...targets])];
  const check = (attribute: string, place: string) => {
    const path = attribute.replace(/^@/, "");
    if (known.includes(path)) return;
    throw new UserError(
      `the pipeline does not set the attribute ${path}${nearest(path, known)}`,
      `${placeOf(pipeline)}, ${place}`,
      `it sets ${known.join(", ")}`,
    );
  };
  for (const facet of pipeline.facets ?? []) check(facet, `facet ${facet}`);
  for (const { what, attribute } of usedBy(pipeline)) {
    // Without `@`, it is a tag or a reserved attribute: host, service, source, status.
    if (attribute.startsWith("@")) check(attribute, what);
  }
}

/** The attributes that metrics, monitors and widgets of the pipeline use. */
function usedBy({ metrics = [], monitors = [], dashboard }: LogPipeline): { what: string; attribute: string }[] {
  const widgets = dashboard?.widgets ?? [];
  return [
    ...metrics.flatMap(({ key, groupBy = {}, valuesOf }) =>
      [...Object.values(groupBy), ...(valuesOf === undefined ? [] : [valuesOf])].map((attribute) => ({
        what: `metric ${key}`,
        attribute,
      })),
    ),
    ...monitors.flatMap(({ key, by = [] }) => by.map((attribute) => ({ what: `monitor ${key}`, attribute }))),
    ...widgets.flatMap((widget) =>
      widget.by === undefined ? [] : [{ what: `widget "${widget.title}"`, attribute: widget.by }],
    ),
  ];
}
