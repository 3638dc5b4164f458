import { byHost, drift, hostStates } from "../../operate/drift";
import { secretMark } from "../../provider/secrets";

const secret = (value: unknown) => ({
  [secretMark]: "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});
const hosts = [{ name: "lb1", address: "192.0.2.21", port: 22, user: "ops", hostKey: "ssh-ed25519 KEY" }];
const state = { about: "lb1", hosts: secret(hosts), checks: [{ what: "files", text: secret("check") }], generation: 1 };

test("the checks in an exported state are found, with their secrets", () => {
  const exported = JSON.stringify({
    version: 3,
    deployment: {
      resources: [
        { type: "command:remote:Command", inputs: {} },
        { type: "kube-control-hosts:index:HostState", inputs: state },
        { type: "kube-control-hosts:index:HostState", inputs: state, delete: true },
      ],
    },
  });
  expect(hostStates(exported)).toEqual([{ ...state, hosts, checks: [{ what: "files", text: "check" }] }]);
  expect(hostStates('{"deployment":{}}')).toEqual([]);
});

test("the checks of all components on a host use one connection", () => {
  const read = { about: "lb1", hosts, checks: [{ what: "files", text: "one" }] };
  const again = { ...read, checks: [{ what: "name", text: "two" }] };
  const elsewhere = { ...read, about: "lb2", hosts: [{ ...hosts[0]!, name: "lb2", address: "192.0.2.22" }] };
  expect(byHost([read, elsewhere, again])).toEqual([{ ...read, checks: [...read.checks, ...again.checks] }, elsewhere]);
});

test("each difference is a finding of its host, without the lines of a file", () => {
  const { findings, facts, summary } = drift({
    kind: "read",
    reports: [
      { about: "lb1", differences: { "/etc/haproxy/haproxy.cfg": "has other content\n  -a\n  +b" }, notes: {} },
      { about: "lb2", differences: {}, notes: { "HAProxy's server m1": "is DOWN" } },
    ],
  });
  expect(findings.map(({ level, host, what }) => [level, host, what])).toEqual([
    ["degraded", "lb1", "lb1: /etc/haproxy/haproxy.cfg has other content"],
  ]);
  expect([summary, facts]).toEqual(["lb1", { lb1: ["/etc/haproxy/haproxy.cfg"], lb2: [] }]);
});

test("a state that cannot be read is a note, and does not degrade the status", () => {
  const { findings } = drift({ kind: "unread", why: "pulumi stack export failed: incorrect passphrase" });
  expect(findings.map(({ level, what }) => [level, what])).toEqual([
    ["note", "the hosts were not compared with the state: pulumi stack export failed: incorrect passphrase"],
  ]);
});
