import { answerOf, type Collection } from "../../services/datadog/collection";
import { Refusal } from "../../services/datadog/refusal";
import type { Call } from "../../services/http";

const said = (what: string) => ({ status: 200, body: what });
const things: Collection<string> = {
  path: "/things",
  changedBy: "PATCH",
  find(id) {
    if (id === "none") throw new Refusal(404, { errors: ["none"] });
    return id;
  },
  list: () => said("list"),
  create: () => said("create"),
  read: (thing) => said(`read ${thing}`),
  change: (thing) => said(`change ${thing}`),
  remove: (thing) => said(`remove ${thing}`),
};

function answered(method: string, path: string): unknown {
  const call: Call = { method, path, query: new URLSearchParams(), headers: {}, body: Buffer.alloc(0) };
  try {
    return answerOf(things, call)?.body;
  } catch (error) {
    return (error as Refusal).status;
  }
}

test.each<[string, string, unknown]>([
  ["GET", "/things", "list"],
  ["POST", "/things", "create"],
  ["DELETE", "/things", 405],
  ["GET", "/things/a%2Fb", "read a/b"],
  ["PATCH", "/things/a", "change a"],
  ["PUT", "/things/a", 405],
  ["POST", "/things/a", 405],
  ["DELETE", "/things/a", "remove a"],
  ["PATCH", "/things/none", 404],
  ["GET", "/things-of-others", undefined],
  ["GET", "/", undefined],
])("%s %s: %p", (method, path, expected) => {
  expect(answered(method, path)).toBe(expected);
});
