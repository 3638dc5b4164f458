import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCreation, StateFile } from "../../kill/checkpoint";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-state-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const text = (...urns: string[]) =>
  JSON.stringify({
    checkpoint: { latest: { resources: urns.map((urn) => ({ urn, type: "command:remote:Command" })) } },
  });

test("a creation has an effect: a component, a provider and an import are none", () => {
  expect(isCreation({ type: "command:remote:Command" })).toBe(true);
  expect(isCreation({ type: "kube-control:index:DnsRecord" })).toBe(false);
  expect(isCreation({ type: "pulumi:providers:docker" })).toBe(false);
  expect(isCreation({ type: "datadog:index/monitor:Monitor", importID: "7" })).toBe(false);
});

test("the state is put back to the newest text that notes none of the victims", () => {
  const path = join(folder, "dev.json");
  const state = new StateFile(path);
  expect([...state.look()]).toEqual([]);
  for (const urns of [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]]) {
    writeFileSync(path, text(...urns));
    expect([...state.look()]).toEqual(urns);
  }
  // what was noted after a victim is not noted either, and is told
  expect(state.forget(["c", "b"])).toEqual(["b", "c", "d"]);
  expect(readFileSync(path, "utf8")).toBe(text("a"));
  expect(() => new StateFile(path).forget(["a"])).toThrow("no state from before a was kept");
});
