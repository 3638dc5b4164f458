import fc from "fast-check";
import { placed, type PipelineOrder } from "../../../components/datadog-log-pipeline/placement";

const id = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "c", "d", "e") });

/** A list of ids with or without our own id, and an order. */
const asked = fc
  .uniqueArray(id, { minLength: 1, maxLength: 12 })
  .chain((ids) => fc.tuple(fc.constant(ids), fc.constantFrom(...ids, "ours")))
  .chain(([ids, own]) => {
    const others = ids.filter((each) => each !== own);
    const ends = fc.constantFrom<PipelineOrder>("first", "last");
    const order =
      others.length === 0
        ? ends
        : fc.oneof(
            ends,
            fc.constantFrom(...others).map((before) => ({ before })),
            fc.constantFrom(...others).map((after) => ({ after })),
          );
    return fc.record({ ids: fc.constant(ids), own: fc.constant(own), order });
  });

function fits(ids: readonly string[], own: string, order: PipelineOrder): boolean {
  const at = ids.indexOf(own);
  if (order === "first") return at === 0;
  if (order === "last") return at === ids.length - 1;
  return "before" in order ? at < ids.indexOf(order.before) : at > ids.indexOf(order.after);
}

test("the others keep their order, and ours is there once in an allowed position", () => {
  fc.assert(
    fc.property(asked, ({ ids, own, order }) => {
      const after = placed(ids, own, order);
      expect(after.filter((each) => each !== own)).toEqual(ids.filter((each) => each !== own));
      expect(after.filter((each) => each === own)).toEqual([own]);
      expect(fits(after, own, order)).toBe(true);
    }),
  );
});

test("nothing moves if ours is in an allowed position, or a second time", () => {
  fc.assert(
    fc.property(asked, ({ ids, own, order }) => {
      const once = placed(ids, own, order);
      expect(placed(once, own, order)).toEqual(once);
      if (ids.includes(own) && fits(ids, own, order)) expect(once).toEqual(ids);
    }),
  );
});

test.each<[PipelineOrder, string]>([
  ["first", "oabcd"],
  ["last", "abcdo"],
  [{ before: "b" }, "aobcd"],
  [{ before: "d" }, "abocd"],
  [{ after: "a" }, "abocd"],
  [{ after: "c" }, "abcod"],
])("from abocd, %j gives %s", (order, expected) => {
  expect(placed(["a", "b", "o", "c", "d"], "o", order).join("")).toBe(expected);
});
