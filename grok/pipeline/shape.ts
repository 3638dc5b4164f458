import { z } from "zod";
import { pipelineShape } from "./definition";

const testsShape = z.array(
  z.object({
    sample: z.string(),
    result: z.looseObject({}),
    service: z.string().optional(),
    tags: z.array(z.string()).optional(),
  }),
);

/** What is wrong with the shape of a pipeline, one line for each mistake: `processors[0].sources: expected array, …`. */
export const wrongInPipeline = (pipeline: unknown) => wrong(pipelineShape, pipeline, "");
/** The same for the tests of a pipeline file. */
export const wrongInTests = (tests: unknown) => wrong(testsShape, tests, "tests");

function wrong(shape: z.ZodType, value: unknown, root: string): string[] {
  const { error } = shape.safeParse(value);
  return (error?.issues ?? []).map(({ path, message }) => {
    const place = path.reduce<string>(
      (text, part) =>
        typeof part === "number" ? `${text}[${part}]` : `${text}${text === "" ? "" : "."}${String(part)}`,
      root,
    );
    return `${place}: ${message.replace(/^Invalid (input|option): /, "")}`;
  });
}
