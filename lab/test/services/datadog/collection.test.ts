import { collectionApi } from "../../../services/datadog/collection";
import { type Call, Refusal } from "../../../services/http";

interface Thing {
  readonly id: string;
}

let things: readonly Thing[] = [];
const answer = collectionApi<Thing>({
  path: "/things",
  changedBy: "PATCH",
  kept: { all: () => things, keep: (items) => (things = items) },
  from: (body, before) => ({ ...(before ?? { id: "made" }), ...(body as object) }),
  one: (thing) => thing,
  all: (all) => all,
  removed: ({ id }) => ({ status: 200, body: `removed ${id}` }),
  missing: (id) => new Refusal(404, id),
});

beforeEach(() => (things = [{ id: "a/b" }, { id: "c" }]));

function answered(method: string, path: string): unknown {
  const body = Buffer.from('{"n":1}');
  const call: Call = { method, path, query: new URLSearchParams(), headers: {}, body };
  try {
    return answer(call)?.body;
  } catch (error) {
    return (error as Refusal).status;
  }
}

test.each<[string, string, unknown, string]>([
  ["GET", "/things", [{ id: "a/b" }, { id: "c" }], "a/b c"],
  ["POST", "/things", { id: "made", n: 1 }, "a/b c made"],
  ["DELETE", "/things", 405, "a/b c"],
  ["GET", "/things/a%2Fb", { id: "a/b" }, "a/b c"],
  ["PATCH", "/things/a%2Fb", { id: "a/b", n: 1 }, "a/b c"],
  ["PUT", "/things/c", 405, "a/b c"],
  ["POST", "/things/c", 405, "a/b c"],
  ["DELETE", "/things/c", "removed c", "a/b"],
  ["PATCH", "/things/none", 404, "a/b c"],
  ["GET", "/things-of-others", undefined, "a/b c"],
  ["GET", "/", undefined, "a/b c"],
])("%s %s returns %p and leaves the members %s", (method, path, expected, left) => {
  expect(answered(method, path)).toEqual(expected);
  expect(things.map(({ id }) => id).join(" ")).toBe(left);
});
