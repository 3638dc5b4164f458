import { explain, LabError } from "../../base/error";

test("what is wrong, what explains it, what to do; no stack trace", () => {
  expect(
    explain(new LabError("the port 6443 is taken", "Stop it,\nor move the lab.", "COMMAND  PID\nnginx    7\n\n")),
  ).toBe(
    ["error: the port 6443 is taken", "  | COMMAND  PID", "  | nginx    7", "  Stop it,", "  or move the lab."].join(
      "\n",
    ),
  );
});

test("what there is not is not shown", () => {
  expect(explain(new LabError("wrong"))).toBe("error: wrong");
  expect(explain(new LabError("wrong", "Mend it.", ""))).toBe("error: wrong\n  Mend it.");
  expect(explain(new LabError("wrong", undefined, "  indented"))).toBe("error: wrong\n  |   indented");
});

test("any other error is the lab's own, with where it comes from", () => {
  const text = explain(new TypeError("x is undefined"));
  expect(text).toMatch(/^error: TypeError: x is undefined\n\s+at .*error\.test\.ts/);
  expect(text).toMatch(/This is a defect of the lab\.$/);
  expect(explain("a text")).toBe("error: a text\n  This is a defect of the lab.");
});
