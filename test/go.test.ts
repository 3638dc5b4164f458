import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goTests, readReport } from "./go";

const lines = (...events: object[]) =>
  events.map((event) => `${JSON.stringify({ Package: "p", ...event })}\n`).join("");

test("tests are counted without subtests, and the output of passed tests is not shown", () => {
  const report = lines(
    { Action: "output", Test: "TestA", Output: "chatter\n" },
    { Action: "pass", Test: "TestA/first" },
    { Action: "pass", Test: "TestA" },
    { Action: "skip", Test: "TestB" },
    { Action: "pass" },
  );
  expect(readReport(report, 0)).toEqual({ passed: 1, failed: 0, skipped: ["p TestB"], text: "" });
});

test("a failed test is counted, and its output is shown", () => {
  const report = lines(
    { Action: "output", Test: "TestA", Output: "chatter\n" },
    { Action: "output", Test: "TestB", Output: "got 1, not 2\n" },
    { Action: "pass", Test: "TestA" },
    { Action: "fail", Test: "TestB" },
    { Action: "output", Output: "FAIL\n" },
    { Action: "fail" },
  );
  expect(readReport(report, 1)).toEqual({ passed: 1, failed: 1, skipped: [], text: "got 1, not 2\nFAIL\n" });
});

test("a compile error is one failure, although no test has run", () => {
  const report = lines(
    { Package: undefined, ImportPath: "p [p.test]", Action: "build-output", Output: "./a.go:1:1: syntax error\n" },
    { Package: undefined, ImportPath: "p [p.test]", Action: "build-fail" },
    { Action: "output", Output: "FAIL p [build failed]\n" },
    { Action: "fail", FailedBuild: "p [p.test]" },
  );
  const text = "./a.go:1:1: syntax error\nFAIL p [build failed]\n";
  expect(readReport(report, 1)).toEqual({ passed: 0, failed: 1, skipped: [], text });
  // the format of Go before 1.24
  expect(readReport(`# p\n${lines({ Action: "fail" })}`, 1)).toMatchObject({ failed: 1, text: "# p\n" });
  expect(readReport("", 2)).toMatchObject({ passed: 0, failed: 1 });
});

describe("a machine", () => {
  const said = jest.spyOn(console, "log").mockImplementation(() => undefined);
  const { PATH } = process.env;
  let empty: string;
  beforeEach(() => {
    said.mockClear();
    empty = mkdtempSync(join(tmpdir(), "kube-control-go-"));
  });
  afterEach(() => {
    process.env["PATH"] = PATH;
    rmSync(empty, { recursive: true });
  });
  afterAll(() => said.mockRestore());

  test("without Go fails with a message and runs nothing", async () => {
    process.env["PATH"] = empty;
    const run = jest.fn();
    expect(await goTests(run, ["/x/agent", "/x/cni"])).toEqual({ passed: 0, failed: 2, skipped: [] });
    expect(run).not.toHaveBeenCalled();
    expect(String(said.mock.calls[0])).toMatch(/^FAILED: Go tests of .*agent: there is no Go toolchain on PATH$/);
  });
});
