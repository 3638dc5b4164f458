import type { Pipeline } from "./definition";

/** The service that a pipeline's filter requires; the first one of a list. */
export const serviceOf = (pipeline: Pipeline) => required(pipeline, "service");

/** The source that a pipeline's filter requires; the first one of a list. */
export const sourceOf = (pipeline: Pipeline) => required(pipeline, "source");

function required({ filter }: Pipeline, field: "service" | "source"): string | undefined {
  const [, quoted, plain] =
    new RegExp(`(?:^|[\\s(])${field}:\\(?\\s*(?:"([^"*?]+)"|([^\\s()*?"]+))`).exec(filter.query) ?? [];
  return quoted ?? plain;
}
