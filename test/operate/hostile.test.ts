import fc from "fast-check";
import { printable, readFacts, shown } from "../../operate/facts";
import { partsOf } from "../../operate/parts";
import { report } from "../../operate/report";
import { screen } from "../../operate/screen";
import { judge } from "../../operate/verdict";
import { all, type Change, hosts, line, recorded, viewOf } from "./views";

// The output of a host is untrusted: it may be broken or malicious.

const screenOf = (changes: Record<string, Change>) => {
  const view = viewOf(changes);
  return screen(view, judge(view), 1);
};

const controls = /(?!\n)\p{Cc}|\p{Cf}/u;

test("control and text direction characters do not reach the screen or the JSON", () => {
  const evil = "\u001b]0;owned\u0007\u001b[2J\u202egnp.exe\u200b";
  const changes: Record<string, Change> = {
    monitor: line("agent", `exited${evil} - 1 x y`),
    "haproxy-lb1": line("name-leads-to", evil),
    "haproxy-lb2": { kind: "failed", said: `sudo: ${evil}` },
    "k8s-master1": all(line("readyz", `500 0 ${evil}`), (output) =>
      output.replace('"dbSize"', `"errors":["${evil}"],"dbSize"`),
    ),
    "k8s-master2": (output) => output.replaceAll('"name":"k8s-master1"', `"name":"k8s\\u001b[31m\\u202e"`),
  };
  expect(screenOf(changes)).not.toMatch(controls);
  const view = viewOf(changes);
  expect(JSON.stringify(report(view, judge(view), 1))).not.toMatch(/\\u001b|\\u202e|\u202e|\u200b/);
});

test("a very long line is cut on the screen", () => {
  const text = screenOf({ "k8s-master1": line("readyz", `500 0 ${"x".repeat(3_000_000)}`) });
  expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThan(400);
});

test("the number of lines of a host is bounded", () => {
  const facts = readFacts("unit a b c d e 0\n".repeat(1_000_000));
  expect(facts.get("unit")?.length).toBeLessThanOrEqual(2000);
});

test("JSON that is cut, invalid or too long does not count as ok", () => {
  for (const body of ["{", "null", "[]", '{"items":7}', '{"items":[{}]}', `"${"x".repeat(5_000_000)}"`]) {
    const broken = all(
      line("nodes", `200 0 ${body}`),
      line("etcd-status", `200 0 ${body}`),
      line("etcd-members", `200 0 ${body}`),
    );
    const verdict = judge(viewOf({ "k8s-master1": broken, "k8s-master2": broken, "k8s-master3": broken }));
    const bad = verdict.subjects.filter(({ findings }) => findings.length > 0).map(({ name }) => name);
    expect(bad).toEqual(expect.arrayContaining(["etcd", "nodes"]));
  }
});

test("names of JavaScript's own properties are ordinary names of facts", () => {
  expect(() =>
    screenOf({ monitor: (output) => `${output}constructor x\nhas-own-property y\n__proto__ z\n` }),
  ).not.toThrow();
  expect(readFacts("constructor x\n").get("constructor")).toEqual(["x"]);
});

test("any output of a host gives a verdict, and incomplete output is not ok", () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(...hosts.map(({ name }) => recorded(name))),
    fc
      .constantFrom(...hosts.map(({ name }) => recorded(name)))
      .chain((text) => fc.nat(text.length).map((end) => text.slice(0, end))),
    fc
      .array(fc.constantFrom(...recorded("k8s-master1").split("\n"), ...recorded("monitor").split("\n")))
      .map((some) => some.join("\n")),
  );
  fc.assert(
    fc.property(anything, fc.constantFrom(...hosts), (output, { name }) => {
      const view = viewOf({ [name]: () => output });
      const verdict = judge(view);
      expect(screen(view, verdict, 1)).not.toMatch(controls);
      if (!output.includes("complete yes")) expect(verdict.state).not.toBe("ok");
    }),
    { numRuns: 150 },
  );
});

test("any text becomes printable", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(printable(text)).not.toMatch(/\p{Cc}|\p{Cf}/u);
      expect(shown(text, 20).length).toBeLessThanOrEqual(21);
    }),
  );
});

test("a part of a bug report whose path leaves the host's folder is ignored", () => {
  const mark = "@kube-control-0011";
  const names = [
    "files/etc/os-release",
    "../../evil",
    "/etc/passwd",
    "a/../b",
    "a//b",
    ".ssh/config",
    "a b",
    "a\u001b[2J",
    "",
  ];
  const output = names.map((name) => `\n${mark} ${name}\ncontent\u001b[31m\n`).join("") + `\n${mark} end\n`;
  expect(partsOf(output, mark)).toEqual([{ path: "files/etc/os-release", content: "content[31m\n" }]);
});
