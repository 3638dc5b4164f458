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

test("components, providers and imports are not creations", () => {
  expect(isCreation({ type: "command:remote:Command" })).toBe(true);
  expect(isCreation({ type: "kube-control:index:DnsRecord" })).toBe(false);
  expect(isCreation({ type: "pulumi:providers:docker" })).toBe(false);
  expect(isCreation({ type: "datadog:index/monitor:Monitor", importID: "7" })).toBe(false);
});

test("the state is rewound to the newest version without the interrupted resources", () => {
  const path = join(folder, "dev.json");
  const state = new StateFile(path);
  expect([...state.read()]).toEqual([]);
  for (const urns of [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]]) {
    writeFileSync(path, text(...urns));
    expect([...state.read()]).toEqual(urns);
  }
  // resources that were added after an interrupted one are removed and returned too
  expect(state.rewind(["c", "b"])).toEqual(["b", "c", "d"]);
  expect(readFileSync(path, "utf8")).toBe(text("a"));
  expect(() => new StateFile(path).rewind(["a"])).toThrow("no version of the state without a was kept");
});
