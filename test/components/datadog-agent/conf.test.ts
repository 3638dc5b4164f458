import fc from "fast-check";
import { parse } from "yaml";
import { confPath, type LogListener, renderConf } from "../../../components/datadog-agent/conf";

const qnap: LogListener = {
  name: "qnap",
  type: "udp",
  port: 15141,
  service: "qnap-nas",
  source: "qnap",
  tags: ["cloud_provider:vsphere", "availability_zone:sgp1", "env:prod", "vendor:qnap"],
};

test("the NAS's listener", () => {
  expect(confPath(qnap)).toBe("qnap.d/conf.yaml");
  expect(renderConf(qnap)).toMatchInlineSnapshot(`
"# Written by kube-control.
logs:
  - type: udp
    port: 15141
    service: qnap-nas
    source: qnap
    tags:
      - cloud_provider:vsphere
      - availability_zone:sgp1
      - env:prod
      - vendor:qnap
"
`);
});

test("no tags, no key", () => {
  expect(renderConf({ ...qnap, tags: [] })).not.toContain("tags");
});

test("whatever the texts hold, a YAML reader gets a list with the same values", () => {
  const listener = fc.record({
    name: fc.constant("qnap"),
    type: fc.constantFrom("udp" as const, "tcp" as const),
    port: fc.integer({ min: 1, max: 65535 }),
    service: fc.string(),
    source: fc.string(),
    tags: fc.array(fc.string(), { minLength: 1 }),
  });
  fc.assert(
    fc.property(listener, (given) => {
      const { name: _name, ...entry } = given;
      expect(parse(renderConf(given))).toEqual({ logs: [entry] });
    }),
  );
});
