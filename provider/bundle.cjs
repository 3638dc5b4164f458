// Made from the TypeScript files of this folder by `npm run bundle:provider`; not to be edited.
"use strict";
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));

// provider/main.ts
var import_provider = require("@pulumi/pulumi/provider");

// provider/engine-log.ts
var import_grpc_js = require("@grpc/grpc-js");
var engine = __toESM(require("@pulumi/pulumi/proto/engine_grpc_pb"));
var messages = __toESM(require("@pulumi/pulumi/proto/engine_pb"));
function warningsTo(address) {
  if (address === void 0) {
    return () => Promise.resolve();
  }
  const client = new engine.EngineClient(address, import_grpc_js.credentials.createInsecure());
  return (urn, text) => new Promise((done) => {
    const request = new messages.LogRequest();
    request.setSeverity(messages.LogSeverity.WARNING);
    request.setUrn(urn);
    request.setMessage(text);
    client.log(request, () => done());
  });
}

// components/identity/changes.ts
var import_node_crypto = require("node:crypto");
var confirmVariable = "KUBE_CONTROL_CONFIRM";
function tokenOf({ setting, before, after }) {
  return (0, import_node_crypto.createHash)("sha256").update(JSON.stringify([setting, before, after])).digest("hex").slice(0, 10);
}
function refusals(before, after, isFirstRecord = false) {
  return [
    ...isFirstRecord ? otherHosts(before.hosts, after.hosts) : [],
    ...decidedChanges(before.decided, after.decided),
    ...initOnlyChanges(before.initOnly, after.initOnly),
    ...lostGroups(before.hosts, after.hosts),
    ...movedHosts(before.hosts, after.hosts),
    ...sameMachines(before, after),
    ...otherAuthority(before.authority, after.authority)
  ];
}
var rebuild = "Set it back. For another value, create another cluster: pulumi destroy, then pulumi up.";
var decidedReasons = {
  "endpoint.fqdn": {
    reason: "the certificates of the API servers and every kubelet's configuration contain the name",
    lost: "every node and client of the cluster, until each is pointed at the new name by hand"
  },
  "endpoint.port": {
    reason: "the API servers listen on the port that kubeadm init gave them",
    lost: "the endpoint: the load balancers would send connections to a port on which no API server listens"
  },
  "kubernetes.podSubnet": {
    reason: "each node has its part of the subnet since it joined, and the pod network refuses another one",
    lost: "the pod network of each node, at its next start"
  },
  "kubernetes.serviceSubnet": {
    reason: "the Services have their addresses, and the certificates of the API servers contain one of them",
    lost: "no data; the cluster keeps the old subnet, and the settings show another one"
  },
  "kubernetes.encryptionAtRest": {
    reason: "the Secrets in etcd are written as kubeadm init was told, and only the API servers' configuration can read them",
    lost: "the encryption key on masters that join; if no other master is left, also the Secrets"
  }
};
function decidedChanges(before, after) {
  return changedKeys(before, after).map((setting) => ({
    setting,
    before: before[setting] ?? "",
    after: after[setting] ?? "",
    instead: rebuild,
    ...decidedReasons[setting] ?? { reason: "it is decided when the cluster is initialised", lost: "unknown" }
  }));
}
function initOnlyChanges(before, after) {
  return changedKeys(before, after).map((setting) => ({
    setting,
    before: before[setting] ?? "",
    after: after[setting] ?? "",
    reason: "only kubeadm init reads it: the running cluster would keep the old value",
    instead: "Set it back. If the running cluster needs the change, make it by hand (kubeadm, kubectl).",
    lost: "no data; the cluster keeps the old value, and the settings show another one"
  }));
}
function changedKeys(before, after) {
  return Object.keys(after).filter((key) => key in before && before[key] !== after[key]);
}
var groups = {
  master: {
    setting: "masters",
    reason: "none of the current masters is left in the list: kubeadm would create a new, empty cluster, and the old one would be deleted",
    lost: "the whole cluster with all its data"
  },
  "load balancer": {
    setting: "loadBalancers",
    reason: "none of the current load balancers is left in the list: no load balancer would hold the virtual IP until the new ones serve",
    lost: "the endpoint, from the removal of the old load balancers until the new ones serve"
  }
};
function lostGroups(before, after) {
  return Object.entries(groups).flatMap(([role, { setting, reason, lost }]) => {
    const [olds, news] = [before, after].map((hosts) => hosts.filter((host) => host.role === role));
    const left = news.some((host) => olds.some((old) => old.name === host.name || old.address === host.address));
    return olds.length === 0 || left ? [] : [
      {
        setting,
        before: shown(olds),
        after: shown(news),
        reason,
        instead: "Run pulumi up twice: first with the new hosts beside at least one of the old ones, then without the old ones.",
        lost
      }
    ];
  });
}
function otherHosts(before, after) {
  const told = (hosts) => hosts.map(describe).sort().join(", ");
  return told(before) === told(after) ? [] : [
    {
      setting: "masters, workers, loadBalancers, monitor",
      before: told(before),
      after: told(after),
      reason: "this is the first up of this version on the stack: it records which hosts belong to it, and changes none",
      instead: "Set the lists back and run pulumi up. Then make the change and run it again.",
      lost: "the data on the hosts that are no longer listed"
    }
  ];
}
var listOf = {
  master: "masters",
  worker: "workers",
  "load balancer": "loadBalancers",
  monitor: "monitor"
};
function movedHosts(before, after) {
  return after.flatMap((host) => {
    const named = before.find(({ name }) => name === host.name);
    const placed = before.find(({ address }) => address === host.address);
    const old = named ?? placed;
    if (old === void 0 || named === placed && named?.role === host.role) {
      return [];
    }
    return [
      {
        setting: listOf[host.role],
        before: describe(old),
        after: describe(host),
        reason: whyMoved(host, named, placed),
        instead: twoRuns(old, host, before),
        lost: `the data on ${old.name}: the host is set up under one name and then removed under the other`
      }
    ];
  });
}
function whyMoved(host, named, placed) {
  if (named === void 0) {
    return `the address belongs to ${placed?.name ?? ""}: the same machine would be set up as ${host.name} and then removed as ${placed?.name ?? ""}`;
  }
  if (named === placed) {
    return `the host is a ${named.role}: what it runs as that would stay on it`;
  }
  return placed === void 0 ? `${host.name} is at ${named.address}: the machine there would keep running under the same name` : `${host.name} is at ${named.address}, and ${host.address} belongs to ${placed.name}: two hosts would be exchanged`;
}
function twoRuns(old, host, before) {
  const count = before.filter(({ role }) => role === old.role).length;
  const putIn = `then with ${describe(host)}`;
  const head = "Run pulumi up twice:";
  switch (old.role) {
    case "worker":
      return `${head} first without ${old.name}, ${putIn}.`;
    case "master":
      return count === 1 ? `Add two further masters first. Then, ${head.toLowerCase()} first without ${old.name} and one of these, ${putIn} and that one.` : `${head} first without ${old.name} and without one further master (their number has to be odd), ${putIn} and that master.`;
    case "load balancer":
      return count > 2 ? `${head} first without ${old.name}, ${putIn}.` : `${head} first with another machine in the place of ${old.name}, ${putIn} in the place of that machine.`;
    case "monitor":
      return `${head} first with another machine as the monitor, ${putIn}.`;
  }
}
function sameMachines(before, after) {
  return Object.entries(after.machines).flatMap(([name, id]) => {
    const host = after.hosts.find((one) => one.name === name);
    const known = Object.entries(before.machines).find(([other, seen]) => other !== name && seen === id)?.[0];
    if (host === void 0 || known === void 0 || before.hosts.some((one) => one.name === name)) {
      return [];
    }
    return [
      {
        setting: listOf[host.role],
        before: `${known} (machine ${id})`,
        after: `${describe(host)} (machine ${id})`,
        reason: `the machine at ${host.address} is ${known} in the stack: it would be set up as ${name} and then removed as ${known}`,
        instead: `Run pulumi up twice: first without ${known} and ${name}, then with ${name}. A clone needs a machine id of its own: rm /etc/machine-id && systemd-machine-id-setup.`,
        lost: `the data on ${known}`
      }
    ];
  });
}
function otherAuthority(before, after) {
  return before === "" || after === "" || before === after ? [] : [
    {
      setting: "masters",
      before: `CA ${before}`,
      after: `CA ${after}`,
      reason: "the masters belong to another cluster than the one that this stack built: their CA differs",
      instead: "Correct the addresses of the masters. If the cluster was rebuilt by hand, allow the change.",
      lost: "no data; the stack then treats that cluster as its own"
    }
  ];
}
var describe = ({ name, address, role }) => `${name} ${address} (${role})`;
var shown = (hosts) => hosts.map(({ name, address }) => `${name} ${address}`).join(", ");
function refusalMessage(refused) {
  if (refused.length === 0) {
    return void 0;
  }
  const paragraphs = refused.map(
    (one) => [
      `kube-control:${one.setting}: this change is refused; nothing was changed.`,
      `  old value: ${one.before}`,
      `  new value: ${one.after}`,
      `  reason:    ${one.reason}.`,
      `  instead:   ${one.instead}`,
      `  you lose:  ${one.lost}.`,
      `  to allow this change: ${confirmVariable}=${tokenOf(one)} pulumi up`
    ].join("\n")
  );
  const several = refused.length > 1 ? `
(several tokens: ${confirmVariable}=TOKEN,TOKEN)` : "";
  return `
${paragraphs.join("\n\n")}${several}`;
}
function partByTokens(all, confirmed) {
  const tokens = new Set(confirmed.split(/[\s,]+/).filter((token) => token !== ""));
  return {
    refused: all.filter((one) => !tokens.has(tokenOf(one))),
    passed: all.filter((one) => tokens.has(tokenOf(one)))
  };
}

// provider/identity.ts
var isEmpty = (olds) => olds === void 0 || Object.keys(olds).length === 0;
async function check(warn2, urn, olds, { observed, leftovers = [], ...news }) {
  if (isEmpty(olds) && leftovers.length > 0) {
    return { inputs: news, failures: [{ property: "", reason: leftovers.join("\n") }] };
  }
  const before = isEmpty(olds) ? observed : olds;
  const inputs = before === void 0 ? news : {
    ...news,
    machines: { ...only(before.machines, news.hosts), ...news.machines },
    authority: news.authority === "" ? before.authority : news.authority
  };
  if (before === void 0) {
    return { inputs };
  }
  const { refused, passed } = partByTokens(refusals(before, inputs, isEmpty(olds)), process.env[confirmVariable] ?? "");
  const message = refusalMessage(refused);
  if (message !== void 0) {
    return { inputs, failures: [{ property: "", reason: message }] };
  }
  for (const one of passed) {
    await warn2(urn, `kube-control:${one.setting}: ${one.before} \u2192 ${one.after} is confirmed. You lose: ${one.lost}.`);
  }
  return { inputs: { ...inputs, confirmed: passed.map(({ setting }) => setting) } };
}
function only(machines, hosts) {
  return Object.fromEntries(Object.entries(machines).filter(([name]) => hosts.some((host) => host.name === name)));
}
function diff(olds, news) {
  const told = ({ decided, initOnly, hosts }) => JSON.stringify([decided, initOnly, hosts]);
  const isNew = (host) => !(host in olds.machines);
  return { changes: told(olds) !== told(news) || Object.keys(news.machines).some(isNew) };
}
function create(news) {
  const outs = { ...news, former: [], confirmed: news.confirmed ?? [], recordedAt: Date.now() };
  return { id: "identity", outs };
}
function update(olds, news) {
  const isMaster = ({ role }) => role === "master";
  const listed = (host) => news.hosts.some(({ address }) => address === host.address);
  const former = [...olds.former, ...olds.hosts.filter(isMaster)].filter((host) => !listed(host));
  const unique = [...new Map(former.map((host) => [host.address, host])).values()];
  const outs = {
    ...news,
    former: unique,
    confirmed: news.confirmed ?? [],
    recordedAt: olds.recordedAt
  };
  return { outs };
}

// provider/leftovers.ts
var import_node_fs2 = require("node:fs");
var import_node_path3 = require("node:path");

// host/clean-up.ts
var marks = "/var/lib/kube-control/begun /var/lib/kube-control/member";
var units = "/etc/systemd/system";
var resetNode = `sudo kubeadm reset -f; sudo rm -rf /etc/kubernetes /etc/cni/net.d /var/lib/etcd ${marks}`;
var node = {
  what: "Kubernetes (/etc/kubernetes, /var/lib/etcd, kubelet, packet rules) and the control plane's name in /etc/hosts",
  remove: `${resetNode}; sudo apt-mark unhold kubeadm kubelet kubectl containerd; sudo /usr/local/sbin/kube-control-hosts remove`
};
var cleanUp = {
  master: node,
  worker: node,
  "load balancer": {
    what: "HAProxy and Keepalived, which takes the virtual IP",
    remove: `sudo systemctl disable --now keepalived haproxy-watch haproxy; sudo apt-mark unhold keepalived haproxy; sudo rm -f /etc/keepalived/keepalived.conf /etc/haproxy/haproxy.cfg ${units}/haproxy-watch.service ${units}/haproxy.service.d/kube-control.conf ${units}/keepalived.service.d/kube-control.conf /usr/local/sbin/haproxy-watch /var/lib/kube-control/load-balancer/owner`
  },
  monitor: {
    what: "the Datadog agent (container dd-agent), its configuration and the packet filter of its log port",
    remove: `sudo docker rm -f dd-agent; sudo systemctl disable --now kube-control-agent-filter; sudo rm -rf /opt/datadog-monitor ${units}/kube-control-agent-filter.service; sudo iptables -t raw -F KUBE-CONTROL-AGENT; sudo ip6tables -t raw -F KUBE-CONTROL-AGENT`
  }
};

// host/ssh.ts
var import_node_child_process = require("node:child_process");
var import_node_crypto2 = require("node:crypto");
var import_node_fs = require("node:fs");
var import_node_os2 = require("node:os");
var import_node_path2 = require("node:path");

// host/ssh-options.ts
var import_node_os = require("node:os");
var import_node_path = require("node:path");

// host/known-hosts.ts
var sshPort = 22;
function knownHostsName(address, port) {
  return port === sshPort ? address : `[${address}]:${port}`;
}
function knownHostsLine(address, { port, hostKey }) {
  return `${knownHostsName(address, port)} ${hostKey}
`;
}

// host/shell.ts
function shellQuote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

// host/ssh-options.ts
var connectTimeout = { direct: 8, behindJump: 25 };
function sshOptions({ identityFile, proxyJump }) {
  return [
    ...commonOptions(identityFile),
    `ConnectTimeout=${proxyJump === void 0 ? connectTimeout.direct : connectTimeout.behindJump}`,
    "LogLevel=ERROR",
    ...proxyJump === void 0 ? [] : [`ProxyCommand=${proxyCommand(proxyJump, identityFile)}`]
  ];
}
function commonOptions(identityFile) {
  return [
    "BatchMode=yes",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    ...identityFile === void 0 ? ["IdentityFile=none"] : ["IdentitiesOnly=yes", "IdentityAgent=none", "CertificateFile=none", `IdentityFile=${identityFile}`]
  ];
}
function pinnedTo(address, pin) {
  const line = knownHostsLine(address, pin).trimEnd();
  return ["UserKnownHostsFile=/dev/null", `KnownHostsCommand=/bin/sh -c "echo '${line}'"`];
}
function proxyCommand({ host, port, user, hostKey }, identityFile) {
  const options = [
    ...commonOptions(identityFile),
    ...pinnedTo(host, { port, hostKey }),
    `ConnectTimeout=${connectTimeout.direct}`,
    // the level at which ssh says why the jump host could not reach the host
    "LogLevel=INFO"
  ];
  const words = ["-F", "none", ...options.flatMap((one) => ["-o", one]), "-p", String(port), "-l", user];
  return `ssh ${words.map((word) => shellQuote(word).replaceAll("%", "%%")).join(" ")} -W '[%h]:%p' ${host}`;
}
function identityPath(path) {
  const inProject = below(process.cwd(), path);
  const atHome = below((0, import_node_os.homedir)(), path);
  const portable = inProject ?? (atHome === void 0 ? void 0 : (0, import_node_path.join)("${HOME}", atHome)) ?? path;
  const escaped = portable.replaceAll("%", "%%");
  return /^[\w./${}%@+-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll(/["\\]/g, "\\$&")}"`;
}
function below(folder, path) {
  const from = (0, import_node_path.relative)(folder, path);
  return from === "" || from.startsWith("..") ? void 0 : from;
}

// host/ssh.ts
var pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
var silence = /timed out|Connection refused|No route to host|unreachable|Connection closed by|Connection reset by/;
var silenceBehindJump = /open failed: connect failed|Connection to UNKNOWN port \d+ timed out/;
async function runOverSsh(target, text, { patienceSeconds, ...limits }) {
  const folder = (0, import_node_fs.mkdtempSync)((0, import_node_path2.join)((0, import_node_os2.tmpdir)(), "kube-control."));
  try {
    const args = sshArguments(target, folder);
    const end = Date.now() + patienceSeconds * 1e3;
    for (; ; ) {
      const answer = await dial(target, args, text, limits);
      if (answer.kind !== "unreachable" || Date.now() >= end) {
        return answer;
      }
      await pause(2e3);
    }
  } finally {
    (0, import_node_fs.rmSync)(folder, { recursive: true, force: true });
  }
}
function sshArguments(target, folder) {
  const { address, port, user, hostKey, proxyJump } = target;
  const options = [
    ...sshOptions({ identityFile: identityIn(folder, target), proxyJump }),
    ...pinnedTo(address, { port, hostKey })
  ];
  return ["-F", "none", ...options.flatMap((one) => ["-o", one]), "-p", String(port), `${user}@${address}`];
}
function identityIn(folder, { privateKey, privateKeyFile }) {
  if (privateKey !== void 0) {
    const file = (0, import_node_path2.join)(folder, "key");
    (0, import_node_fs.writeFileSync)(file, privateKey, { mode: 384 });
    return identityPath(file);
  }
  return privateKeyFile === void 0 ? void 0 : identityPath(privateKeyFile);
}
function dial(target, args, text, { seconds, mostBytes = Infinity }) {
  const mark = `@kube-control-${(0, import_node_crypto2.randomBytes)(8).toString("hex")}`;
  const remote = `sh -c 'echo ${mark} begins; $([ "$(id -u)" = 0 ] || echo sudo -n) timeout --kill-after=5 ${seconds} bash -s; s=$?; echo; echo ${mark} ends $s; exit $s'`;
  return new Promise((resolve) => {
    const dialled = Date.now();
    let begun = dialled;
    let output = "";
    let errors = "";
    let received = 0;
    const silent = target.proxyJump === void 0 ? silence : silenceBehindJump;
    const child = (0, import_node_child_process.spawn)("ssh", [...args, remote], { stdio: "pipe", env: process.env });
    const timer = setTimeout(() => child.kill("SIGKILL"), (seconds + 15) * 1e3);
    const isTooMuch = (chunk) => {
      received += Buffer.byteLength(chunk);
      if (received > mostBytes) child.kill("SIGKILL");
      return received > mostBytes;
    };
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      if (isTooMuch(chunk)) return;
      output += chunk;
      if (begun === dialled && output.includes(`${mark} begins
`)) {
        begun = Date.now();
      }
    });
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      if (!isTooMuch(chunk)) errors += chunk;
    });
    child.stdin.on("error", () => void 0).end(text);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ kind: "failed", said: `cannot start ssh on this machine: ${error.message}` });
    });
    child.on("close", (status) => {
      clearTimeout(timer);
      resolve(judge(status));
    });
    function judge(status) {
      const [greeting = "", afterBegin] = output.split(`${mark} begins
`);
      const [body, afterEnd] = (afterBegin ?? "").split(`
${mark} ends `);
      const said = lastLines(errors);
      if (received > mostBytes) {
        return { kind: "failed", said: `printed more than ${mostBytes} bytes` };
      }
      if (status === 0 && afterEnd !== void 0) {
        return { kind: "answered", output: body ?? "", greeting, begun: [dialled, begun] };
      }
      if (status === 255 && afterBegin === void 0 && silent.test(errors)) {
        return { kind: "unreachable", said };
      }
      if (afterBegin !== void 0 && [124, 125, 137].includes(status ?? 137)) {
        return { kind: "failed", said: `timed out after ${seconds} s` };
      }
      return {
        kind: "failed",
        said: status === 0 || afterBegin === void 0 && status !== 255 ? `the login shell of ${target.user} did not run sh -c 'COMMAND'${said === "" ? "" : ` (${said})`}` : said || `exit ${status ?? "by a signal"}`
      };
    }
  });
}
function lastLines(text) {
  return text.trim().split("\n").slice(-3).join("; ");
}

// provider/leftovers.ts
var looked = () => (0, import_node_fs2.readFileSync)((0, import_node_path3.join)(__dirname, "leftovers.sh"), "utf8");
async function remove(warn2, urn, host) {
  const answer = await runOverSsh(host, looked(), { seconds: 30, patienceSeconds: 0 });
  const { what, remove: command } = cleanUp[host.role];
  if (answer.kind !== "answered") {
    const why = answer.kind === "unreachable" ? "does not answer" : "could not be checked";
    await warn2(
      urn,
      `${host.name} (${host.address}) ${why} (${answer.said}), so it was not cleaned up. What remains there: ${what}. Before you connect it to the network again, run there: ${command}`
    );
    return;
  }
  const found = answer.output.trim();
  if (found !== "") {
    await warn2(
      urn,
      `${host.name} (${host.address}) was not changed. Expected there: ${host.name}, a ${host.role} of ${host.cluster}. Found: ${printable(found)}. If nobody needs that, run there: ${command}`
    );
  }
}
function printable(text) {
  return text.replaceAll("\n", "; ").replaceAll(new RegExp("\\p{Cc}", "gu"), "?").slice(0, 400);
}
var create2 = (inputs) => ({ id: inputs.name, outs: inputs });
var update2 = (_olds, news) => ({ outs: news });
var diff2 = (olds, news) => ({
  changes: JSON.stringify(Object.entries(olds).sort()) !== JSON.stringify(Object.entries(news).sort())
});

// provider/progress.ts
var same = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
function sorted(value) {
  return typeof value !== "object" || value === null || Array.isArray(value) ? value : Object.fromEntries(
    Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1).map(([key, inner]) => [key, sorted(inner)])
  );
}
function outputs(before, { wanted, unreachable = [] }) {
  const done = {};
  const undone = {};
  for (const [host, steps] of Object.entries(wanted)) {
    if (!unreachable.includes(host)) {
      done[host] = steps;
      continue;
    }
    const known = before[host] ?? {};
    done[host] = known;
    const open = Object.keys(steps).filter((step) => !same(known[step], steps[step]));
    if (open.length > 0) {
      undone[host] = open;
    }
  }
  return { wanted, done, undone };
}
function diff3(olds, news) {
  return { changes: !same(olds.done, news.wanted) };
}
function create3(inputs) {
  return { id: "progress", outs: outputs({}, inputs) };
}
function update3(olds, news) {
  return { outs: outputs(olds.done, news) };
}

// provider/secrets.ts
var secretMark = "4dabf18193072939515e22adb298388d";
function plain(value) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (secretMark in value) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

// provider/main.ts
var warn = warningsTo(process.argv.at(-1));
var typeOf = (urn) => (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
var resources = {
  "kube-control-hosts:index:Identity": {
    check: (urn, olds, news) => check(warn, urn, olds, news),
    diff: (_id, _urn, olds, news) => Promise.resolve(diff(olds, news)),
    create: (_urn, inputs) => Promise.resolve(create(inputs)),
    update: (_id, _urn, olds, news) => Promise.resolve(update(olds, news))
  },
  "kube-control-hosts:index:Progress": {
    diff: (_id, _urn, olds, news) => Promise.resolve(diff3(olds, news)),
    create: (_urn, inputs) => Promise.resolve(create3(inputs)),
    update: (_id, _urn, olds, news) => Promise.resolve(update3(olds, news))
  },
  "kube-control-hosts:index:Leftovers": {
    diff: (_id, _urn, olds, news) => Promise.resolve(diff2(olds, news)),
    create: (_urn, inputs) => Promise.resolve(create2(inputs)),
    update: (_id, _urn, olds, news) => Promise.resolve(update2(olds, news)),
    delete: (_id, urn, props) => remove(warn, urn, plain(props))
  }
};
function of(urn) {
  const resource = resources[typeOf(urn)];
  if (resource === void 0) {
    throw new Error(`there is no resource type ${typeOf(urn)}`);
  }
  return resource;
}
var provider = {
  version: "1.0.0",
  check: async (urn, olds, news) => await of(urn).check?.(urn, olds, news) ?? { inputs: news },
  diff: async (id, urn, olds, news) => await of(urn).diff?.(id, urn, olds, news) ?? {},
  create: async (urn, inputs) => await of(urn).create?.(urn, inputs) ?? { id: "" },
  update: async (id, urn, olds, news) => await of(urn).update?.(id, urn, olds, news) ?? {},
  delete: async (id, urn, props) => of(urn).delete?.(id, urn, props)
};
void (0, import_provider.main)(provider, process.argv.slice(2));
