import { resourceArgs } from "../../../components/datadog-log-pipeline/resource";
import { complete, minimal } from "./processors";

test.each(complete)("%s with all fields keeps each of them", (_what, definition, processor) => {
  expect(resourceArgs({ name: "p", filter: { query: "q" }, is_enabled: false, processors: [definition] })).toEqual({
    name: "p",
    isEnabled: false,
    filters: [{ query: "q" }],
    processors: [processor],
  });
});

test.each(minimal)("%s with its required fields has the defaults for the others", (_what, definition, processor) => {
  expect(resourceArgs({ name: "p", processors: [definition] })).toEqual({
    name: "p",
    isEnabled: true,
    filters: [{ query: "*" }],
    processors: [processor],
  });
});

test("fields that the table does not name are left out", () => {
  const definition = { type: "date-remapper", sources: ["a"], extra: 1 } as never;
  expect(resourceArgs({ name: "p", processors: [definition] }).processors).toEqual([
    { dateRemapper: { name: "date-remapper", isEnabled: true, sources: ["a"] } },
  ]);
});
