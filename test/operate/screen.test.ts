import { report } from "../../operate/report";
import { screen } from "../../operate/screen";
import { judge } from "../../operate/verdict";
import { all, line, type Change, viewOf } from "./views";

const screenOf = (changes: Record<string, Change> = {}) => {
  const view = viewOf(changes);
  return screen(view, judge(view), 0.84);
};

test("a stack that is in order fits on a screen", () => {
  const text = screenOf();
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(24);
  expect(text).toMatchSnapshot();
});

test("findings come first, the most severe at the top, each with what to do", () => {
  const text = screenOf({
    "k8s-master3": { kind: "unreachable", said: "ssh: connect to host 192.168.2.153 port 22: Connection timed out" },
    "haproxy-lb2": line("unit keepalived.service", "loaded failed failed enabled 5 @1"),
    monitor: all(line("memory"), (output) => `${output}reboot-required linux-image-amd64\n`),
  });
  const marks = text.split("\n").flatMap((one) => /^ {2}(\S\S| i) {2}\S/.exec(one)?.[1] ?? []);
  expect(marks.join(" ")).toMatch(/^(!! )+(\?\? )+( i )+(ok ?)+$/);
  const lines = text.split("\n");
  for (const [index, one] of lines.entries()) {
    if (/^ {2}(!!|\?\?|XX| i) /.test(one)) expect(lines[index + 1]).toMatch(/^ +→ \S/);
  }
  expect(text).toMatchSnapshot();
});

test("hosts with the same problem share a line", () => {
  const old = line("name-leads-to", "192.168.2.151");
  const text = screenOf({ "k8s-master1": old, "k8s-master2": old, "k8s-master3": old });
  expect(text.match(/Correct \/etc\/hosts there/g)).toHaveLength(1);
});

test("the JSON has the fields that docs/status.md lists", () => {
  const view = viewOf({ "k8s-master3": { kind: "unreachable", said: "timed out" } });
  const object = report(view, judge(view), 0.84);
  expect(object).toEqual(JSON.parse(JSON.stringify(object)));
  expect(object).toMatchSnapshot();
});
