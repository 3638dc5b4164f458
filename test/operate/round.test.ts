import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askHost } from "../../operate/round";
import { hosts } from "./views";

let folder: string;
const path = process.env["PATH"];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-round-"));
  process.env["PATH"] = `${folder}:${path}`;
});
afterAll(() => {
  process.env["PATH"] = path;
  rmSync(folder, { recursive: true });
});

test("a hung ssh whose child keeps the output open does not block the round", async () => {
  writeFileSync(join(folder, "ssh"), "#!/bin/sh\nsleep 20 &\nexec sleep 20\n", { mode: 0o755 });
  const begin = Date.now();
  // 15 s are added for the connection
  const answer = await askHost(hosts[0] as (typeof hosts)[0], "", { seconds: -14, mostBytes: 1000 });
  expect(answer).toMatchObject({ kind: "failed" });
  expect(Date.now() - begin).toBeLessThan(10_000);
});
