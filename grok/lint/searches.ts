import { type Pipeline, type PlacedProcessor, queriesOf } from "../pipeline/definition";
import { attributesAsText } from "../pipeline/search";
import type { Mistake } from "./finding";

/** Hints for attributes without a value in the searches of a pipeline, and of its processors. */
export function lintSearches({ filter }: Pipeline, placed: readonly PlacedProcessor[]): Mistake[] {
  return [
    ...attributesAsText(filter.query).map((text) => mistake(text)),
    ...placed.flatMap((each) =>
      queriesOf(each.processor)
        .flatMap(attributesAsText)
        .map((text) => mistake(text, each)),
    ),
  ];
}

function mistake(text: string, placed?: PlacedProcessor): Mistake {
  const message = `${text} has no value, so the message is searched for this text: write ${text}:* if the attribute must exist`;
  return { level: "hint", code: "attribute-as-text", placed, message };
}
