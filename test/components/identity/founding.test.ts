import { type Founding, foundingFindings, leftoverFindings } from "../../../components/identity/founding";

const master = (number: number) => ({ name: `m${number}`, address: `192.0.2.${number}`, role: "master" as const });
const member = (node: string) => ({ "mark-member": `cluster kube.example.com:6443 node ${node} role master ca aaaa` });
const restored = (node: string) => ({ "mark-restored": `cluster kube.example.com:6443 node ${node} role master` });
const clean = {};

const findings = (changes: Partial<Founding>) =>
  foundingFindings({
    masters: [master(1), master(2), master(3)],
    former: [],
    facts: { m1: clean, m2: clean, m3: clean },
    cluster: "kube.example.com:6443",
    isKnown: false,
    isServing: false,
    ...changes,
  });

describe("there is no finding", () => {
  test.each<[string, Partial<Founding>]>([
    ["if every master is clean", {}],
    ["if the first master is a member", { facts: { m1: member("m1"), m2: clean, m3: clean }, isKnown: true }],
    [
      "if the first master has the mark of an earlier version",
      { facts: { m1: { "mark-member": "init of kube.example.com" } } },
    ],
    ["if another master does not answer and the stack is new", { facts: { m1: clean, m2: clean } }],
    ["if the first master does not answer and another one is a member", { facts: { m2: member("m2"), m3: clean } }],
    ["if the first master has a backup and others do not answer", { facts: { m1: restored("m1") }, isKnown: true }],
    [
      "if the first master has a backup and others were reset",
      { facts: { m1: restored("m1"), m2: clean, m3: clean }, former: [master(9)], isKnown: true, isServing: true },
    ],
    ["if no master answers and the stack is known", { facts: {}, isKnown: true }],
  ])("%s", (_, changes) => expect(findings(changes)).toEqual([]));
});

test.each<[string, Partial<Founding>, RegExp]>([
  [
    "a clean first master must be listed after a member of a known stack",
    { facts: { m1: clean, m2: member("m2"), m3: clean }, isKnown: true },
    /^m1: .*List m1 after m2/,
  ],
  [
    "a clean first master must be listed after a member of a cluster that serves",
    { facts: { m1: clean, m2: member("m2"), m3: clean }, isServing: true },
    /^m1: .*List m1 after m2/,
  ],
  [
    "a member of an earlier list prevents init",
    { former: [master(9)], facts: { m1: clean, m2: clean, m3: clean, m9: member("m9") }, isKnown: true },
    /^m1: .*m9 \(192\.0\.2\.9\)/,
  ],
  [
    "a master of a known stack that does not answer prevents init",
    { facts: { m1: clean, m2: clean }, isKnown: true },
    /^m1: .*m3 may be one but does not answer/,
  ],
  [
    "a master of an earlier list that does not answer prevents init",
    { former: [master(9)], isKnown: true },
    /^m1: .*m9 may be one but does not answer/,
  ],
  [
    "a member of the given up cluster must be reset before a backup is used",
    { facts: { m1: restored("m1"), m2: clean, m3: member("m3") }, isKnown: true },
    /^m3: still is a member .*kubeadm reset -f/,
  ],
  [
    "a master with a backup must be the first of the list",
    { facts: { m1: clean, m2: restored("m2"), m3: clean }, isKnown: true },
    /^m2: .*List m2 before m1/,
  ],
  [
    "a cluster that is lost is to be restored",
    { facts: { m1: clean, m3: clean }, isKnown: true },
    /^m1: .*npm run restore/,
  ],
  [
    "a first master that does not answer prevents the build of a new stack",
    { facts: { m2: clean, m3: clean } },
    /^m1: does not answer/,
  ],
])("%s", (_, changes, message) => {
  expect(findings(changes)).toEqual([expect.stringMatching(message)]);
});

test("each node of a cluster that does not serve is listed with its reset and start commands", () => {
  const worker = { name: "w1", address: "192.0.2.21", role: "worker" as const };
  const facts = {
    m1: { ...member("m1"), authority: "cafe" },
    m2: clean,
    m3: { "mark-member": "cluster other.example.com:6443 node m3 role master ca aaaa" },
    w1: { "mark-member": "cluster kube.example.com:6443 node w1 role worker ca aaaa" },
  };
  expect(
    leftoverFindings([master(1), master(2), master(3), master(4), worker], facts, "kube.example.com:6443"),
  ).toEqual([
    expect.stringMatching(/^m1: is a master of .*CA cafe.*kubeadm reset -f;.*\/var\/lib\/etcd .*systemctl start/),
    expect.stringMatching(
      /^w1: is a worker of .*rm -rf \/etc\/kubernetes .*\/var\/lib\/kube-control\/member;.* systemctl start/,
    ),
  ]);
});
