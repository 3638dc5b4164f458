import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostile } from "../../bench/grok/hostile";
import { readPipelines } from "../../bench/grok/rule-sets";

// The engine bounds the steps of a rule. Filters convert what a rule has captured, in code of their own.

const filters = [
  ...["json", "keyvalue", 'keyvalue(": ", "\\\\s/", "\'", ",;")', "xml", "rubyhash", "querystring", "url"],
  ...["decodeuricomponent", 'csv("a,b,c")', 'array("[]", ",", integer)', "useragent", "number", "integer"],
];

const folder = mkdtempSync(join(tmpdir(), "kube-control-hostile-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the time of each filter is linear in the length of a hostile line", () => {
  const match_rules = filters.map((filter, index) => `rule_${index} %{data:d:${filter}}`).join("\n");
  const processors = [{ type: "grok-parser", source: "message", grok: { match_rules } }];
  const file = join(folder, "filters.json");
  writeFileSync(file, JSON.stringify({ name: "filters", processors }));
  const { rules, steepest } = hostile(readPipelines(file), () => undefined);
  expect(rules).toBe(filters.length);
  // 4 is linear and 16 quadratic; undefined if no line takes long enough
  expect(steepest?.ratio ?? 0).toBeLessThan(10);
}, 120_000);
