import { resourceArgs } from "../../../components/datadog-log-pipeline/resource";
import { processorShape } from "../../../grok/pipeline/definition";
import { withDefaults } from "../../../grok/pipeline/shape";
import { complete, minimal } from "./processors";

test("the cases have every type of processor, with every field of its definition", () => {
  const fields = processorShape.options.flatMap(({ shape }) =>
    [...shape.type.values].map((type) => [type, Object.keys(shape).sort()] as const),
  );
  // A lookup processor has one of two kinds of tables.
  const found = new Map<string, string[]>();
  for (const [, definition] of complete) {
    const names = [...(found.get(definition.type) ?? []), ...Object.keys(definition)];
    found.set(definition.type, [...new Set(names)].sort());
  }
  expect(found).toEqual(new Map<string, string[]>(fields));
});

test.each(complete)("%s with all fields keeps each of them", (_what, definition, processor) => {
  const pipeline = { name: "p", filter: { query: "q" }, is_enabled: false, processors: [definition] };
  expect(resourceArgs(withDefaults(pipeline))).toEqual({
    name: "p",
    isEnabled: false,
    filters: [{ query: "q" }],
    processors: [processor],
  });
});

test.each(minimal)("%s with only its required fields gets the defaults", (_what, definition, processor) => {
  expect(resourceArgs(withDefaults({ name: "p", processors: [definition] }))).toEqual({
    name: "p",
    isEnabled: true,
    filters: [{ query: "*" }],
    processors: [processor],
  });
});

test("fields that the definition does not have are left out", () => {
  const definition = { type: "date-remapper", sources: ["a"], extra: 1 } as never;
  expect(resourceArgs(withDefaults({ name: "p", processors: [definition] })).processors).toEqual([
    { dateRemapper: { name: "date-remapper", isEnabled: true, sources: ["a"] } },
  ]);
});
