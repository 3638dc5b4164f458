import { explain, LabError } from "../../base/error";

test("a LabError is shown as message, details and remedy, without a stack trace", () => {
  expect(
    explain(new LabError("the port 6443 is taken", "Stop it,\nor move the lab.", "COMMAND  PID\nnginx    7\n\n")),
  ).toBe(
    ["error: the port 6443 is taken", "  | COMMAND  PID", "  | nginx    7", "  Stop it,", "  or move the lab."].join(
      "\n",
    ),
  );
});

test("absent details and an absent remedy are not shown", () => {
  expect(explain(new LabError("wrong"))).toBe("error: wrong");
  expect(explain(new LabError("wrong", "Correct it.", ""))).toBe("error: wrong\n  Correct it.");
  expect(explain(new LabError("wrong", undefined, "  indented"))).toBe("error: wrong\n  |   indented");
});

test("any other error is shown as a defect of the lab, with its stack trace", () => {
  const text = explain(new TypeError("x is undefined"));
  expect(text).toMatch(/^error: TypeError: x is undefined\n\s+at .*error\.test\.ts/);
  expect(text).toMatch(/This is a defect of the lab\.$/);
  expect(explain("a text")).toBe("error: a text\n  This is a defect of the lab.");
});
