// Made from the TypeScript files of this folder by `npm run bundle`; not to be edited.
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

// provider/cloudflare-client.ts
async function connect(access) {
  const { Cloudflare } = await import("cloudflare");
  return new Cloudflare({
    apiToken: access.apiToken,
    // ignore the environment, which may contain credentials for another purpose
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    baseURL: access.baseUrl === "" ? void 0 : access.baseUrl,
    maxRetries: 4,
    timeout: 2e4
  });
}
function recordAt(address, { zoneId, fqdn, ttl, comment }) {
  return { zone_id: zoneId, type: "A", name: fqdn, content: address, ttl, comment, proxied: false };
}
function live(record) {
  const { id, type, content, ttl, comment, proxied } = record;
  return {
    id: String(id),
    type: String(type),
    content: String(content),
    ttl: Number(ttl),
    comment: typeof comment === "string" ? comment : "",
    proxied: proxied === true
  };
}
function errorsIn(error) {
  const { errors } = error;
  const each = (one) => {
    const { code, message, error_chain: chain } = one;
    return [{ code: Number(code), message: String(message) }, ...Array.isArray(chain) ? chain.flatMap(each) : []];
  };
  return Array.isArray(errors) ? errors.flatMap(each) : [];
}
function isGone(error) {
  return error.status === 404 && !errorsIn(error).some(({ code }) => code === 7e3 || code === 7003);
}
function isTaken(error) {
  return errorsIn(error).some(({ code }) => [81053, 81057, 81058].includes(code));
}
function adviceFor(error) {
  const { status } = error;
  const has = (...codes) => errorsIn(error).some(({ code }) => codes.includes(code));
  const set = "`pulumi config set --secret kube-control:cloudflareApiToken`";
  if (has(6003, 6103, 6111)) {
    return `This is not an API token: it may be a Global API Key, cut off, or pasted with something else. Create a token that may edit DNS in this zone, and set it with ${set}.`;
  }
  if (has(7e3, 7003)) {
    return "There is no such zone: correct kube-control:endpoint.cloudflare.zoneId, which the zone's overview page in Cloudflare's dashboard shows.";
  }
  if (has(9109)) {
    return `The token is unknown or has expired, may not be used from this machine's address (its client IP filter), or lacks the permission Zone.DNS Edit on the zone that kube-control:endpoint.cloudflare.zoneId names: look at it in Cloudflare's dashboard, or create a new token and set it with ${set}.`;
  }
  if (has(9103, 9106, 9107, 1e4, 10001) || status === 401 || status === 403) {
    return `The token needs the permission to edit DNS in this zone, which kube-control:endpoint.cloudflare.zoneId names: set it with ${set}.`;
  }
  return status === 429 ? "Cloudflare limits the rate of calls: wait five minutes, then run the command again." : "";
}
function explain(what, error) {
  const { status, message = String(error) } = error;
  const own = errorsIn(error).map((one) => `${one.message.replace(/\.$/, "")} (${one.code})`);
  const advice = adviceFor(error);
  return new Error(
    `${what} failed at Cloudflare: ${own.length === 0 ? message : `${status} ${own.join(": ")}`}.${advice === "" ? "" : `
  ${advice}`}`
  );
}

// provider/secrets.ts
var secretMark = "4dabf18193072939515e22adb298388d";
function plain(value) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (secretMark in value) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

// provider/cloudflare-claim.ts
function recordToAdopt(fqdn, addresses, found) {
  const [only2, ...others] = found;
  if (only2 === void 0) {
    return "";
  }
  if (others.length === 0 && only2.type === "A" && addresses.includes(only2.content) && !only2.proxied) {
    return only2.id;
  }
  const shown2 = found.map(
    (record) => `${record.type} ${record.content}${record.proxied ? " (proxied)" : ""} (id ${record.id})`
  );
  throw new Error(
    `${fqdn} has records already: ${shown2.join(", ")}.
  Either delete ${others.length === 0 ? "it" : "them"}; or leave a single A record at ${addresses.join(" or ")}, not proxied, which is then adopted as it is.
  If another stack has the name, give this stack another one: kube-control:endpoint.fqdn.`
  );
}
async function adopted(inputs) {
  const { zoneId, fqdn, address, adoptable } = inputs;
  const found = [];
  try {
    const { dns } = await connect(inputs);
    for await (const record of dns.records.list({ zone_id: zoneId, name: { exact: fqdn } })) {
      found.push(live(record));
    }
  } catch (error) {
    throw explain(`looking for records of ${fqdn}`, error);
  }
  const ofName = found.filter((record) => ["A", "AAAA", "CNAME"].includes(record.type));
  return recordToAdopt(fqdn, [address, ...adoptable], ofName);
}
async function createRecord(inputs) {
  const { fqdn, address } = inputs;
  try {
    const { dns } = await connect(inputs);
    return live(await dns.records.create(recordAt(address, inputs))).id;
  } catch (error) {
    const own = isTaken(error) ? await adopted(inputs) : "";
    if (own !== "") {
      return own;
    }
    throw explain(`creating the record ${fqdn} at ${address}`, error);
  }
}
function diff(oldState, inputs) {
  const olds = plain(oldState);
  const news = plain(inputs);
  const replaces = ["zoneId", "fqdn"].filter((key) => olds[key] !== news[key]);
  const kept = ["apiToken", "baseUrl"];
  return {
    changes: replaces.length > 0 || "__provider" in olds || kept.some((key) => olds[key] !== news[key]),
    replaces
  };
}
async function create(inputs) {
  const news = plain(inputs);
  const existing = await adopted(news);
  const made = existing === "";
  return { id: news.fqdn, outs: { ...inputs, existing: made ? await createRecord(news) : existing, made } };
}
async function read(id, state) {
  const props = plain(state);
  if (props.existing === "") {
    return { id, props: state };
  }
  try {
    const { dns } = await connect(props);
    await dns.records.get(props.existing, { zone_id: props.zoneId });
    return { id, props: state };
  } catch (error) {
    if (isGone(error)) {
      return { id, props: { ...state, existing: "" } };
    }
    throw explain(`reading the record of ${props.fqdn}`, error);
  }
}
function update(olds, news) {
  return { outs: { ...news, existing: olds.existing, made: olds.made ?? false } };
}
async function remove(state) {
  const props = plain(state);
  const { existing, zoneId, fqdn, address } = props;
  if (!props.made || existing === "") {
    return;
  }
  try {
    const { records } = (await connect(props)).dns;
    if (live(await records.get(existing, { zone_id: zoneId })).content === address) {
      await records.delete(existing, { zone_id: zoneId });
    }
  } catch (error) {
    if (!isGone(error)) {
      throw explain(`deleting the record of ${fqdn}`, error);
    }
  }
}

// provider/name-servers.ts
var import_promises = require("node:dns/promises");
var import_promises2 = require("node:timers/promises");
async function waitForNameServers(fqdn, address, nameServers, seconds) {
  const ask = async (server) => {
    const resolver = new import_promises.Resolver({ timeout: 2e3, tries: 1 });
    resolver.setServers([server]);
    try {
      return (await resolver.resolve4(fqdn)).join(" ");
    } catch (error) {
      return error.code ?? String(error);
    }
  };
  const end = Date.now() + seconds * 1e3;
  for (; ; ) {
    const answers = await Promise.all(nameServers.map(async (server) => ({ server, answer: await ask(server) })));
    const others = answers.filter(({ answer }) => answer !== address);
    if (others.length === 0) {
      return;
    }
    if (Date.now() >= end) {
      const wrong = others.map(({ server, answer }) => `${server} answers ${answer}`);
      throw new Error(`after ${seconds} s, ${fqdn} does not resolve to ${address}: ${wrong.join(", ")}`);
    }
    await (0, import_promises2.setTimeout)(500);
  }
}

// provider/cloudflare-swap.ts
async function write(inputs, address) {
  const { dns } = await connect(inputs);
  return live(await dns.records.edit(inputs.recordId, recordAt(address, inputs)));
}
async function swap(inputs) {
  let seen;
  try {
    seen = await write(inputs, inputs.address);
  } catch (error) {
    throw explain(`pointing ${inputs.fqdn} at ${inputs.address}`, error);
  }
  await waitForNameServers(inputs.fqdn, inputs.address, inputs.nameServers, 120);
  return seen;
}
function diff2(oldState, inputs) {
  const olds = plain(oldState);
  const news = plain(inputs);
  const replaces = ["zoneId", "recordId", "fqdn"].filter((key) => olds[key] !== news[key]);
  const compared = ["apiToken", "baseUrl", "address", "birthAddress", "ttl", "comment"];
  const { seen } = olds;
  const drifted = seen.content !== news.address || seen.ttl !== news.ttl || seen.comment !== news.comment || seen.proxied;
  const changes = replaces.length > 0 || drifted || "__provider" in olds || compared.some((key) => olds[key] !== news[key]) || olds.nameServers.join() !== news.nameServers.join();
  return { changes, replaces };
}
async function create2(inputs) {
  const news = plain(inputs);
  return { id: news.recordId, outs: { ...inputs, seen: await swap(news) } };
}
async function read2(id, state) {
  const props = plain(state);
  try {
    const { dns } = await connect(props);
    const record = await dns.records.get(props.recordId, { zone_id: props.zoneId });
    return { id, props: { ...state, seen: live(record) } };
  } catch (error) {
    if (isGone(error)) {
      return {};
    }
    throw explain(`reading the record of ${props.fqdn}`, error);
  }
}
async function update2(inputs) {
  return { outs: { ...inputs, seen: await swap(plain(inputs)) } };
}
async function remove2(state) {
  const props = plain(state);
  try {
    await write(props, props.birthAddress);
  } catch (error) {
    if (!isGone(error)) {
      throw explain(`pointing ${props.fqdn} back at ${props.birthAddress}`, error);
    }
  }
}

// provider/main.ts
var import_engine_pb = require("@pulumi/pulumi/proto/engine_pb");

// provider/engine-log.ts
var import_grpc_js = require("@grpc/grpc-js");
var engine = __toESM(require("@pulumi/pulumi/proto/engine_grpc_pb"));
var messages = __toESM(require("@pulumi/pulumi/proto/engine_pb"));
function logTo(address, severity) {
  if (address === void 0) {
    return () => Promise.resolve();
  }
  const client = new engine.EngineClient(address, import_grpc_js.credentials.createInsecure());
  return (urn, text) => new Promise((done) => {
    const request = new messages.LogRequest();
    request.setSeverity(severity);
    request.setUrn(urn);
    request.setMessage(text);
    client.log(request, () => done());
  });
}

// components/control-plane/minor.ts
function minorOf(version) {
  const minor = /^v1\.(\d+)\.\d+$/.exec(version ?? "")?.[1];
  return minor === void 0 ? void 0 : Number(minor);
}

// components/control-plane/upgrade.ts
var kubeletSkew = 3;
var setting = "kube-control:kubernetes.version";
function upgradeFindings(wanted, nodes) {
  return nodes.flatMap(({ name, kubelet, controlPlane }) => {
    const newest = controlPlane === void 0 || byVersion(kubelet, controlPlane) > 0 ? kubelet : controlPlane;
    if (byVersion(newest, wanted) > 0) {
      return [
        `${setting}: ${name} runs Kubernetes ${newest}, which is newer than ${wanted}. Kubernetes supports no downgrade: set ${newest} or a newer version.`
      ];
    }
    const wantedMinor = minorOf(wanted) ?? 0;
    const minor = minorOf(controlPlane) ?? wantedMinor;
    if (wantedMinor - minor > 1) {
      return [
        `${setting}: ${name} runs Kubernetes ${controlPlane}, and an upgrade to ${wanted} would skip a minor version. Upgrade one minor version after another: set the newest v1.${minor + 1} first.`
      ];
    }
    if (wantedMinor - (minorOf(kubelet) ?? 0) > kubeletSkew) {
      return [
        `${setting}: kubelet on ${name} has the version ${kubelet}, which API servers of ${wanted} do not support. Upgrade it to v1.${wantedMinor - kubeletSkew} or newer first.`
      ];
    }
    return [];
  });
}
function upgradePlan(from, to, { masters, workers, concurrentWorkers }) {
  const perMaster = masters.length === 1 ? "kubeadm upgrade, kubelet, kubectl. It is the only master: clients cannot reach the API while its static pods restart" : "drain, etcd leadership moves away, out of HAProxy, kubeadm upgrade, kubelet, kubectl, wait until ready, back in HAProxy";
  const atOnce = concurrentWorkers === 1 ? "" : `, ${concurrentWorkers} at a time`;
  const steps = [
    "check that every other node is Ready and etcd is healthy; save etcd's data in /var/lib/kube-control/snapshots of a master",
    ...masters.map((name) => `${name}: ${perMaster}`),
    ...workers.length === 0 ? [] : [`${workers.join(", ")}${atOnce}: drain, kubeadm upgrade, kubelet, wait until ready`]
  ];
  return [
    `Kubernetes ${from} \u2192 ${to}, one node after another. A failure stops it, and the same command continues it:`,
    ...steps.map((step, index) => `  ${index + 1}. ${step}`)
  ].join("\n");
}
function byVersion(one, other) {
  const [a, b] = [one, other].map((version) => version.replace(/^v/, "").split(".").map(Number));
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

// provider/cluster-version.ts
async function check(inform2, urn, olds, { isPreview, ...news }) {
  const from = olds?.version;
  if (!isPreview || from === void 0 || from === news.version) {
    return { inputs: news };
  }
  const nodes = [...news.masters, ...news.workers].map((name) => ({ name, kubelet: from, controlPlane: from }));
  const [finding] = upgradeFindings(news.version, nodes);
  if (finding !== void 0) {
    return { inputs: news, failures: [{ property: "", reason: finding }] };
  }
  await inform2(urn, upgradePlan(from, news.version, news));
  return { inputs: news };
}
function diff3(olds, { isPreview: _, ...news }) {
  const told = ({ version, masters, workers, concurrentWorkers }) => JSON.stringify([version, masters, workers, concurrentWorkers]);
  return { changes: told(olds) !== told(news) };
}
function create3(inputs) {
  return { id: "cluster-version", outs: inputs };
}
function update3(inputs) {
  return { outs: inputs };
}

// provider/host-state.ts
var import_node_crypto2 = require("node:crypto");

// host/ssh.ts
var import_node_child_process = require("node:child_process");
var import_node_crypto = require("node:crypto");
var import_node_fs = require("node:fs");
var import_node_os2 = require("node:os");
var import_node_path2 = require("node:path");
var import_node_stream = require("node:stream");

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
var pause2 = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
var silence = /timed out|Connection refused|No route to host|unreachable|Connection closed by|Connection reset by/;
var silenceBehindJump = /open failed: connect failed|Connection to UNKNOWN port \d+ timed out/;
async function runOverSsh(target, text, { patienceSeconds, ...limits }, input) {
  const folder = (0, import_node_fs.mkdtempSync)((0, import_node_path2.join)((0, import_node_os2.tmpdir)(), "kube-control."));
  try {
    const args = sshArguments(target, folder);
    const end = Date.now() + patienceSeconds * 1e3;
    for (; ; ) {
      const answer = await dial(target, args, text, limits, input);
      if (answer.kind !== "unreachable" || input !== void 0 || Date.now() >= end) {
        return answer;
      }
      await pause2(2e3);
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
function dial(target, args, text, { seconds, mostBytes = Infinity }, input) {
  const mark = `@kube-control-${(0, import_node_crypto.randomBytes)(8).toString("hex")}`;
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
    child.stdin.on("error", () => void 0);
    if (input === void 0) {
      child.stdin.end(text);
    } else {
      child.stdin.write(text);
      (0, import_node_stream.pipeline)(input, child.stdin, () => void 0);
    }
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

// provider/printable.ts
function printable(text, longest = 500) {
  return text.replaceAll(new RegExp("\\p{Cc}", "gu"), "?").slice(0, longest);
}

// provider/host-state.ts
function check2(olds, news) {
  if (news.differences !== void 0) return { inputs: news };
  const { generation = 0, differences } = olds ?? {};
  return { inputs: { ...news, generation: differences === void 0 ? generation : generation + 1 } };
}
function diff4(olds, news) {
  const told = (inputs) => JSON.stringify(plain(Object.fromEntries(Object.entries(inputs).sort())));
  return { changes: told(olds) !== told(news) };
}
var create4 = (inputs) => ({ id: inputs.about, outs: inputs });
var update4 = (news) => ({ outs: news });
async function read3(warn2, urn, id, props) {
  const { about, hosts, checks } = plain(props);
  const { differences, notes } = await inspect(hosts, checks);
  for (const [subject, text] of Object.entries({ ...differences, ...notes })) {
    await warn2(urn, `${about}: ${subject} ${text}`);
  }
  const { differences: _, ...rest } = props;
  const state = Object.keys(differences).length === 0 ? rest : { ...rest, differences };
  return { id, props: state, inputs: state };
}
async function inspect(hosts, checks) {
  const end = `kc-end-${(0, import_node_crypto2.randomBytes)(8).toString("hex")}`;
  const started = checks.map(
    ({ text: text2 }, at) => `exec {check${at}}< <(bash -s -- check 2>&1 <<'${end}' || true
${text2}
printf '%s ${at}\\n' ${end}
${end}
)
`
  );
  const text = [...started, ...checks.map((_, at) => `cat <&"$check${at}"
`)].join("");
  const silent = [];
  for (const host of hosts) {
    const answer = await runOverSsh(host, text, { seconds: 75, patienceSeconds: 0, mostBytes: 1e6 });
    if (answer.kind === "answered") return reportOf(checks, answer.output, end);
    const what = answer.kind === "unreachable" ? "does not answer" : "cannot be checked";
    silent.push(hosts.length === 1 ? `${what}: ${answer.said}` : `${host.name} ${what}: ${answer.said}`);
  }
  return { differences: { host: printable(silent.join("; ")) }, notes: {} };
}
function reportOf(checks, output, end) {
  const report = { differences: {}, notes: {} };
  let rest = output;
  checks.forEach(({ what }, at) => {
    const mark = `${end} ${at}
`;
    const found = rest.indexOf(mark);
    const lines = (found < 0 ? rest : rest.slice(0, found)).split("\n");
    rest = found < 0 ? rest : rest.slice(found + mark.length);
    if (found < 0) {
      report.differences[what] = `could not be checked: ${printable(lines.slice(-8).join("; "))}`;
    }
    collect(lines, report);
  });
  return report;
}
var subjects = 100;
function collect(lines, report) {
  let into;
  let subject = "";
  for (const line of lines) {
    const [, kind, of2 = "", text = ""] = /^(differs|note) ([^:]{1,120}): (.*)$/s.exec(line) ?? [];
    if (kind !== void 0) {
      into = kind === "differs" ? report.differences : report.notes;
      subject = printable(of2);
      if (Object.keys(into).length < subjects) into[subject] = printable(text);
    } else if (line.startsWith("  ") && into?.[subject] !== void 0) {
      into[subject] += `
${printable(line)}`;
    }
  }
}

// components/identity/changes.ts
var import_node_crypto3 = require("node:crypto");

// components/identity/encryption-changes.ts
var encryption = "kubernetes.encryptionAtRest";
var keyGeneration = "kubernetes.encryptionKeyGeneration";
var generationIn = (decided) => Number(decided[keyGeneration] ?? 1);
function encryptionChanges(before, after) {
  const [old, value] = [generationIn(before), generationIn(after)];
  return [
    ...before[encryption] === "false" && after[encryption] === "true" && value <= 1 ? [
      {
        setting: encryption,
        before: "false",
        after: "true",
        reason: "the running API servers do not reload their keys, so the Secrets cannot be encrypted step by step",
        instead: `Set kube-control:${keyGeneration} to 2 as well.`,
        lost: "no data; new Secrets are encrypted, and the Secrets that exist stay in plain text"
      }
    ] : [],
    ...before[encryption] === "true" && after[encryption] === "true" && value < old ? [
      {
        setting: keyGeneration,
        before: String(old),
        after: String(value),
        reason: "keys of lower numbers were removed from the masters when the key was rotated",
        instead: `Set it back to ${old}, or to ${old + 1} for a new key.`,
        lost: "no data; the step that rotates the key fails"
      }
    ] : []
  ];
}
function isOfEncryption(setting2, before, after) {
  return setting2 === keyGeneration || setting2 === encryption && before[encryption] === "false" && after[encryption] === "true";
}

// components/identity/fixed-fields.ts
var byHand = (file) => `Set it back. To change it, on one node after another: drain the node, stop kubelet, change the field in /var/lib/kubelet/config.yaml, delete ${file}, start kubelet, uncordon the node. Then allow this change.`;
var checkpoint = (file) => ({
  reason: `kubelet keeps the policy in ${file}, and does not start with another one`,
  instead: byHand(file)
});
var cgroups = {
  reason: "the pods of each node run in the cgroups of the old value, and kubelet would no longer find them there",
  instead: "Set it back. To change it, on one node after another: drain the node, change the field in /var/lib/kubelet/config.yaml, boot the node, uncordon it. Then allow this change."
};
var fields = [
  { name: "cpuManagerPolicy", usual: '"none"', ...checkpoint("/var/lib/kubelet/cpu_manager_state") },
  { name: "memoryManagerPolicy", usual: '"None"', ...checkpoint("/var/lib/kubelet/memory_manager_state") },
  { name: "cgroupRoot", usual: '""', ...cgroups },
  { name: "cgroupsPerQOS", usual: "true", ...cgroups }
];
function fixedFieldChanges(before, after) {
  const setting2 = "kubernetes.kubelet";
  const [olds, news] = [before[setting2], after[setting2]];
  if (olds === void 0 || news === void 0) {
    return [];
  }
  return fields.flatMap(({ name, usual, reason, instead }) => {
    const [old, value] = [valueIn(olds, name) ?? usual, valueIn(news, name) ?? usual];
    return old === value ? [] : [
      {
        setting: `${setting2}.${name}`,
        before: old,
        after: value,
        reason,
        instead,
        lost: "each node on which kubelet has to start with the new value, until it is corrected by hand"
      }
    ];
  });
}
function valueIn(json, name) {
  const fieldsOfKubelet = JSON.parse(json);
  return name in fieldsOfKubelet ? JSON.stringify(fieldsOfKubelet[name]) : void 0;
}

// components/identity/changes.ts
var confirmVariable = "KUBE_CONTROL_CONFIRM";
function tokenOf({ setting: setting2, before, after }) {
  return (0, import_node_crypto3.createHash)("sha256").update(JSON.stringify([setting2, before, after])).digest("hex").slice(0, 10);
}
function refusals(before, after, isFirstRecord = false) {
  return [
    ...isFirstRecord ? otherHosts(before.hosts, after.hosts) : [],
    ...decidedChanges(before.decided, after.decided),
    ...encryptionChanges(before.decided, after.decided),
    ...maskSizeChanges(before.decided, after.decided),
    ...fixedFieldChanges(before.initOnly, after.initOnly),
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
  const changed = changedKeys(before, after).filter(
    (setting2) => setting2 !== nodeMaskSize && !isOfEncryption(setting2, before, after)
  );
  return changed.map((setting2) => ({
    setting: setting2,
    before: before[setting2] ?? "",
    after: after[setting2] ?? "",
    instead: rebuild,
    ...decidedReasons[setting2] ?? { reason: "it is decided when the cluster is initialised", lost: "unknown" }
  }));
}
var nodeMaskSize = "kubernetes.controllerManager.extraArgs.node-cidr-mask-size";
function maskSizeChanges(before, after) {
  const [old, value] = [before[nodeMaskSize] ?? "24", after[nodeMaskSize] ?? "24"];
  return old === value ? [] : [
    {
      setting: nodeMaskSize,
      before: old,
      after: value,
      reason: "each node has its part of the subnet since it joined, and the controller manager refuses parts of another size",
      instead: rebuild,
      lost: "the controller manager, which does not start while a node has a part of the old size"
    }
  ];
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
  return Object.entries(groups).flatMap(([role, { setting: setting2, reason, lost }]) => {
    const [olds, news] = [before, after].map((hosts) => hosts.filter((host) => host.role === role));
    const left = news.some((host) => olds.some((old) => old.name === host.name || old.address === host.address));
    return olds.length === 0 || left ? [] : [
      {
        setting: setting2,
        before: shown(olds),
        after: shown(news),
        reason,
        instead: "Run pulumi up twice: first with the new hosts beside at least one of the old ones, then without the old ones." + (role === "master" ? " If the cluster is lost, restore it first: npm run restore (docs/operations.md)." : ""),
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
      instead: "Correct the addresses of the masters. If the cluster was rebuilt by hand, or has new authorities, allow the change.",
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
async function check3(warn2, urn, olds, { observed, leftovers = [], ...news }) {
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
  return { inputs: { ...inputs, confirmed: passed.map(({ setting: setting2 }) => setting2) } };
}
function only(machines, hosts) {
  return Object.fromEntries(Object.entries(machines).filter(([name]) => hosts.some((host) => host.name === name)));
}
function diff5(olds, news) {
  const told = ({ decided, initOnly, hosts }) => JSON.stringify([decided, initOnly, hosts]);
  const isNew = (host) => !(host in olds.machines);
  return { changes: told(olds) !== told(news) || Object.keys(news.machines).some(isNew) };
}
function create5(news) {
  const outs = { ...news, former: [], confirmed: news.confirmed ?? [], recordedAt: Date.now() };
  return { id: "identity", outs };
}
function update5(olds, news) {
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

// provider/kubeconfig.ts
var import_node_crypto4 = require("node:crypto");

// components/control-plane/authority.ts
function authorityOf(kubeconfig) {
  const [, encoded = ""] = /^ *certificate-authority-data: *(\S+)$/m.exec(kubeconfig) ?? [];
  return Buffer.from(encoded, "base64").toString("utf8");
}

// provider/kubeconfig.ts
function diff6(state, inputs, now = /* @__PURE__ */ new Date()) {
  const olds = plain(state);
  const news = plain(inputs);
  const isKnown = olds.kubeconfig !== void 0 && olds.expires !== void 0;
  return {
    changes: !isKnown || olds.generation !== news.generation || isDue(olds.expires, news.renewBefore, now) || hasOtherAuthority(olds.kubeconfig, olds.authority, news.authority)
  };
}
function hasOtherAuthority(kubeconfig, before = "", now = "") {
  const known = before === "" ? (0, import_node_crypto4.createHash)("sha256").update(authorityOf(kubeconfig)).digest("hex") : before;
  return now !== "" && now !== known;
}
var isDue = (expires, renewBefore, now) => new Date(expires).getTime() - now.getTime() < renewBefore * 1e3;
async function create6(warn2, urn, inputs) {
  return { id: "kubeconfig", outs: await withKubeconfig(warn2, urn, inputs) };
}
async function update6(warn2, urn, inputs) {
  return { outs: await withKubeconfig(warn2, urn, inputs) };
}
var script = `set -eu
[ -e /var/lib/kube-control/member ] || { echo "it is not a member of the cluster" >&2; exit 1; }
cat /etc/kubernetes/admin.conf
`;
async function withKubeconfig(warn2, urn, inputs) {
  const { hosts, renewBefore } = plain(inputs);
  const failures = [];
  for (const host of hosts) {
    const answer = await runOverSsh(host, script, { seconds: 30, patienceSeconds: 0, mostBytes: 1e5 });
    if (answer.kind !== "answered") {
      failures.push(`${host.name}: ${printable(answer.said)}`);
      continue;
    }
    const expires = endOf(answer.output);
    if (expires === void 0) {
      failures.push(`${host.name}: /etc/kubernetes/admin.conf has no readable client certificate`);
      continue;
    }
    if (isDue(expires, renewBefore, /* @__PURE__ */ new Date())) {
      await warn2(
        urn,
        `the kubeconfig of ${host.name} expires at ${expires}, and was not renewed there: check kube-control-certificates.timer on the masters (npm run status)`
      );
    }
    return { ...inputs, kubeconfig: answer.output, expires };
  }
  throw new Error(
    `no master has a kubeconfig (${failures.join("; ")}): start a master, and run the same command again`
  );
}
function endOf(kubeconfig) {
  const [, data = ""] = /^ *client-certificate-data: *([A-Za-z0-9+/=]+) *$/m.exec(kubeconfig) ?? [];
  try {
    return new Date(new import_node_crypto4.X509Certificate(Buffer.from(data, "base64")).validTo).toISOString();
  } catch {
    return void 0;
  }
}

// provider/leftovers.ts
var import_node_fs2 = require("node:fs");
var import_node_path3 = require("node:path");

// host/clean-up.ts
var marks = "/var/lib/kube-control/begun /var/lib/kube-control/restored /var/lib/kube-control/member";
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

// provider/leftovers.ts
var looked = () => (0, import_node_fs2.readFileSync)((0, import_node_path3.join)(__dirname, "leftovers.sh"), "utf8");
async function remove3(warn2, urn, host) {
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
      `${host.name} (${host.address}) was not changed. Expected there: ${host.name}, a ${host.role} of ${host.cluster}. Found: ${printable(found.replaceAll("\n", "; "), 400)}. If nobody needs that, run there: ${command}`
    );
  }
}
var create7 = (inputs) => ({ id: inputs.name, outs: inputs });
var update7 = (_olds, news) => ({ outs: news });
var diff7 = (olds, news) => ({
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
function diff8(olds, news) {
  return { changes: !same(olds.done, news.wanted) };
}
function create8(inputs) {
  return { id: "progress", outs: outputs({}, inputs) };
}
function update8(olds, news) {
  return { outs: outputs(olds.done, news) };
}

// provider/main.ts
var warn = logTo(process.argv.at(-1), import_engine_pb.LogSeverity.WARNING);
var inform = logTo(process.argv.at(-1), import_engine_pb.LogSeverity.INFO);
var typeOf = (urn) => (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
var resources = {
  "kube-control-hosts:index:Identity": {
    check: (urn, olds, news) => check3(warn, urn, olds, news),
    diff: (_id, _urn, olds, news) => Promise.resolve(diff5(olds, news)),
    create: (_urn, inputs) => Promise.resolve(create5(inputs)),
    update: (_id, _urn, olds, news) => Promise.resolve(update5(olds, news))
  },
  "kube-control-hosts:index:Progress": {
    diff: (_id, _urn, olds, news) => Promise.resolve(diff8(olds, news)),
    create: (_urn, inputs) => Promise.resolve(create8(inputs)),
    update: (_id, _urn, olds, news) => Promise.resolve(update8(olds, news))
  },
  "kube-control-hosts:index:HostState": {
    check: (_urn, olds, news) => Promise.resolve(check2(olds, news)),
    diff: (_id, _urn, olds, news) => Promise.resolve(diff4(olds, news)),
    create: (_urn, inputs) => Promise.resolve(create4(inputs)),
    update: (_id, _urn, _olds, news) => Promise.resolve(update4(news)),
    read: (id, urn, props) => read3(warn, urn, id, props)
  },
  "kube-control-hosts:index:ClusterVersion": {
    check: (urn, olds, news) => check(inform, urn, olds, news),
    diff: (_id, _urn, olds, news) => Promise.resolve(diff3(olds, news)),
    create: (_urn, inputs) => Promise.resolve(create3(inputs)),
    update: (_id, _urn, _olds, news) => Promise.resolve(update3(news))
  },
  "kube-control-hosts:index:Kubeconfig": {
    diff: (_id, _urn, olds, news) => Promise.resolve(diff6(olds, news)),
    create: (urn, inputs) => create6(warn, urn, inputs),
    update: (_id, urn, _olds, news) => update6(warn, urn, news)
  },
  "kube-control-hosts:index:Leftovers": {
    diff: (_id, _urn, olds, news) => Promise.resolve(diff7(olds, news)),
    create: (_urn, inputs) => Promise.resolve(create7(inputs)),
    update: (_id, _urn, olds, news) => Promise.resolve(update7(olds, news)),
    delete: (_id, urn, props) => remove3(warn, urn, plain(props))
  },
  "kube-control-hosts:index:CloudflareClaim": {
    diff: (_id, _urn, olds, news) => Promise.resolve(diff(olds, news)),
    create: (_urn, inputs) => create(inputs),
    update: (_id, _urn, olds, news) => Promise.resolve(update(olds, news)),
    read: (id, _urn, props) => read(id, props),
    delete: (_id, _urn, props) => remove(props)
  },
  "kube-control-hosts:index:CloudflareSwap": {
    diff: (_id, _urn, olds, news) => Promise.resolve(diff2(olds, news)),
    create: (_urn, inputs) => create2(inputs),
    update: (_id, _urn, _olds, news) => update2(news),
    read: (id, _urn, props) => read2(id, props),
    delete: (_id, _urn, props) => remove2(props)
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
  // a resource without a read keeps its state
  read: async (id, urn, props) => await of(urn).read?.(id, urn, props) ?? { id, props },
  delete: async (id, urn, props) => of(urn).delete?.(id, urn, props)
};
void (0, import_provider.main)(provider, process.argv.slice(2));
