// Generated from the TypeScript files of this project by `npm run bundle`. Do not edit.
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
var __toESM = (mod, isNodeMode, target2) => (target2 = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target2, "default", { value: mod, enumerable: true }) : target2,
  mod
));

// operate/maintenance/maintain.ts
var import_promises2 = require("node:readline/promises");

// operate/arguments.ts
var import_node_util = require("node:util");
var usage = `usage: npm run status [-- OPTION\u2026]
  --stack NAME        the stack (default: the selected stack, else the lab's)
  --json              print one JSON object (docs/status.md)
  --watch [SECONDS]   repeat every SECONDS seconds (default 5) until Ctrl-C
  --bundle FILE       also write configurations, journals and states of all hosts to FILE (.tar.gz), with secrets masked
exit codes: 0 ok, 1 degraded, 2 down: clients reach no API server, 3 cannot tell: the state is unknown`;
var UsageError = class extends Error {
};
var commonOptions = {
  stack: { type: "string" },
  help: { type: "boolean", short: "h", default: false }
};
function readArguments(args2, options) {
  try {
    return (0, import_node_util.parseArgs)({ args: [...args2], options }).values;
  } catch (error) {
    throw new UsageError(error.message.split(/\.\s|\n/, 1)[0]);
  }
}
function readOptions(args2) {
  const given = args2.map(
    (arg, index) => arg === "--watch" && !/^[^-]/.test(args2[index + 1] ?? "") ? `--watch=${defaultSeconds}` : arg
  );
  const { watch: watch2, ...options } = readArguments(given, {
    ...commonOptions,
    json: { type: "boolean", default: false },
    watch: { type: "string" },
    bundle: { type: "string" }
  });
  if (watch2 === void 0) return options;
  if (options.json || options.bundle !== void 0) {
    throw new UsageError("--watch cannot be combined with --json or --bundle");
  }
  return { ...options, watch: secondsOf(watch2) };
}
var defaultSeconds = 5;
function secondsOf(text3) {
  const seconds2 = Number(text3);
  if (!(seconds2 >= 1 && seconds2 <= 3600)) throw new UsageError(`--watch: ${text3} is not a number from 1 to 3600`);
  return seconds2;
}

// operate/configuration.ts
var import_node_fs9 = require("node:fs");
var import_node_path6 = require("node:path");
var import_yaml4 = require("yaml");

// components/cluster-backup/defaults.ts
var defaults = {
  /** Archives of each master that stay on it, and copies that stay on the other host. */
  keep: 14,
  intervalHours: 6,
  /** Region of a bucket with S3's API. Servers other than AWS's often accept this one. */
  region: "us-east-1"
};
var intervals = [1, 2, 3, 4, 6, 8, 12, 24];
var archives = "/var/lib/kube-control/backups";
var newestCopies = `${archives}/latest`;
var newestUpload = `${archives}/uploaded`;
var oldestHours = (intervalHours) => 2 * intervalHours + 1;

// components/cluster-backup/recipient.ts
var import_base = require("@scure/base");
var keyLength = 32;
var isIdentity = (text3) => /^AGE-(SECRET-KEY|PLUGIN)-/i.test(text3.trim());
function whyNoRecipient(text3) {
  if (isIdentity(text3)) {
    return "is an identity of age, which is secret and must not be in the stack's file";
  }
  if (/^(ssh-|ecdsa-|sk-)/.test(text3)) {
    return "is an SSH key";
  }
  const [, plugin] = /^age1([a-z0-9]+)1[a-z0-9]+$/.exec(text3) ?? [];
  if (plugin !== void 0) {
    return `needs age's plugin ${plugin}, which the masters do not have`;
  }
  const decoded = import_base.bech32.decodeUnsafe(text3, false);
  return decoded?.prefix === "age" && import_base.bech32.fromWordsUnsafe(decoded.words)?.length === keyLength ? void 0 : "is not a public key of age: a character is wrong or missing";
}

// components/cluster-backup/s3.ts
var s3Fields = {
  endpoint: {
    pattern: /^https:\/\/[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/?$/,
    what: "is not an https URL of host, port and path",
    remedy: "Set it to the URL of the S3 API, e.g. https://s3.eu-central-1.amazonaws.com or https://s3.example.com:9000."
  },
  bucket: {
    pattern: /^[a-z0-9]([a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/,
    what: "is not the name of a bucket",
    remedy: "Set it to the bucket's name: 3 to 63 lower-case letters, digits, inner hyphens and dots, e.g. cluster-backups."
  },
  region: {
    pattern: /^[A-Za-z0-9-]{1,64}$/,
    what: "is not the name of a region",
    remedy: "Set it to the region that the S3 API expects in signatures, e.g. eu-central-1; some servers expect auto."
  },
  prefix: {
    pattern: /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
    what: "is not a prefix of keys",
    remedy: "Set it to letters, digits, . _ - and inner slashes; no part may begin with a dot. Without a slash at the end, e.g. clusters/prod."
  },
  accessKeyId: {
    pattern: /^[A-Za-z0-9._@+=-]{3,128}$/,
    what: "is not the id of an access key",
    remedy: "Set it to the id of the access key, e.g. AKIAIOSFODNN7EXAMPLE."
  }
};

// components/cluster-backup/refusals.ts
var recipientRemedy = "Run `age-keygen -o kube-control.identity` on your own machine, enter the public key that it prints (age1\u2026), and keep the file.";
function refusals({ masters: masters2, recipients, keep, intervalHours, copyTo, s3: s32 }) {
  const all = [];
  if (masters2?.length === 0) {
    all.push({ path: ["masters"], what: "has no master", remedy: "List the masters of the cluster." });
  }
  if (recipients?.length === 0) {
    all.push({ path: ["recipients"], what: "has no public key", remedy: recipientRemedy });
  }
  recipients?.forEach((recipient, index) => {
    const what = whyNoRecipient(recipient);
    if (what !== void 0) all.push({ path: ["recipients", index], what, remedy: recipientRemedy });
  });
  if (keep !== void 0 && (!Number.isInteger(keep) || keep < 2)) {
    all.push({ path: ["keep"], what: `is ${keep}`, remedy: "Set it to a whole number from 2." });
  }
  if (intervalHours !== void 0 && !intervals.some((one) => one === intervalHours)) {
    const remedy2 = `Set it to a number of hours that divides a day: ${intervals.join(", ")}.`;
    all.push({ path: ["intervalHours"], what: `is ${intervalHours}`, remedy: remedy2 });
  }
  if (copyTo !== void 0 && masters2?.some(({ name }) => name === copyTo.name)) {
    all.push({
      path: ["copyTo"],
      what: `${copyTo.name} is a master: with the master, its copies of the archives would be lost too`,
      remedy: "Name a host that is not a master, e.g. the monitor."
    });
  }
  for (const [name, { pattern, what, remedy: remedy2 }] of Object.entries(s3Fields)) {
    const value = s32?.[name];
    if (value !== void 0 && !pattern.test(value)) all.push({ path: ["s3", name], what, remedy: remedy2 });
  }
  return all;
}

// settings/addresses.ts
var import_ipaddr = __toESM(require("ipaddr.js"));
var { IPv4 } = import_ipaddr.default;
function parseAddress(text3) {
  return IPv4.isValidFourPartDecimal(text3) ? IPv4.parse(text3) : void 0;
}
function networkOf(address2, prefixLength) {
  return { first: IPv4.networkAddressFromCIDR(`${address2.toString()}/${prefixLength}`), prefixLength };
}
function parseNetwork(text3) {
  if (!IPv4.isValidCIDRFourPartDecimal(text3) || /\/0\d/.test(text3)) {
    return void 0;
  }
  const [written, prefixLength] = IPv4.parseCIDR(text3);
  return { ...networkOf(written, prefixLength), written };
}
function formatNetwork(network2) {
  return `${network2.first.toString()}/${network2.prefixLength}`;
}
function sizeOf(network2) {
  return 2 ** (32 - network2.prefixLength);
}
function lastOf(network2) {
  return IPv4.broadcastAddressFromCIDR(formatNetwork(network2));
}
function moved(address2, steps) {
  const number2 = Buffer.from(address2.toByteArray()).readUInt32BE() + steps;
  return new IPv4([24, 16, 8, 0].map((shift) => number2 >>> shift & 255));
}
function isSame(one, other) {
  return one.toString() === other.toString();
}
function contains(network2, address2) {
  return address2.match(network2.first, network2.prefixLength);
}
function overlap(one, other) {
  return contains(one, other.first) || contains(other, one.first);
}
var reserved = [
  ["0.0.0.0/8", "means \u201Cthis network\u201D"],
  ["127.0.0.0/8", "is a loopback address"],
  ["169.254.0.0/16", "is a link-local address"],
  ["224.0.0.0/4", "is a multicast address"],
  ["240.0.0.0/4", "is a reserved address"]
];
function whyUnusable(address2) {
  return reserved.find(([network2]) => address2.match(IPv4.parseCIDR(network2)))?.[1];
}

// settings/machines.ts
function placedAt(path, text3) {
  const address2 = text3 === void 0 ? void 0 : parseAddress(text3);
  return address2 === void 0 ? void 0 : { path, address: address2 };
}
function placed(path, machine2) {
  return { path, name: machine2?.name, address: placedAt([...path, "address"], machine2?.address) };
}
function machinesOf(stack) {
  const lists = ["masters", "workers", "loadBalancers"];
  return [
    ...lists.flatMap((list) => (stack[list] ?? []).map((machine2, index) => placed([list, index], machine2))),
    placed(["monitor"], stack.monitor)
  ];
}

// operate/without-engine.ts
var RunError = class extends Error {
};
var secret = (value) => value;
var output = (value) => value;

// host/error.ts
function mistakeMessage(what, where, whatToDo) {
  return [where === void 0 ? what : `${where}: ${what}`, whatToDo].filter((part) => part !== void 0).join("\n  ");
}
var UserError = class extends RunError {
  constructor(what, where, whatToDo) {
    super(mistakeMessage(what, where, whatToDo));
    this.name = "UserError";
  }
};

// settings/mistakes.ts
var namespace = "kube-control";
function keyOf(path) {
  const text3 = path.map((part, index) => {
    if (typeof part === "number") {
      return `[${part}]`;
    }
    const name = String(part);
    if (!/^[A-Za-z0-9_-]+$/.test(name)) {
      return index === 0 ? name : `[${JSON.stringify(name)}]`;
    }
    return index === 0 ? name : `.${name}`;
  });
  return `${namespace}:${text3.join("")}`;
}
var longest = 120;
function shown(value) {
  const text3 = JSON.stringify(value);
  return text3.length > longest ? `${text3.slice(0, longest)}\u2026` : text3;
}
function paragraph(mistake2, number2) {
  const indent = " ".repeat(number2.length);
  const given = mistake2.value === void 0 ? "" : ` = ${shown(mistake2.value)}`;
  const remedy2 = mistake2.remedy.replaceAll("\n", `
${indent}  `);
  return `${number2}${mistake2.key}${given}
${indent}${mistake2.what}.
${indent}\u2192 ${remedy2}`;
}
function configurationError(stack, mistakes, sections) {
  const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
  const place2 = ({ key }) => sections.indexOf(/^[^:]*:(\w*)/.exec(key)?.[1] ?? "");
  const paragraphs = [...mistakes].sort((one, other) => place2(one) - place2(other)).map((mistake2, index) => paragraph(mistake2, `${index + 1}. `));
  return new UserError(
    [`The configuration of stack ${stack} has ${count}. No host was contacted.`, ...paragraphs].join("\n\n")
  );
}

// settings/backup.ts
function checkBackup(stack) {
  return [...checkCopyTo(stack), ...checkBucket(stack)];
}
function checkBucket({ backup: backup2 }) {
  return backup2?.s3 === void 0 || backup2.recipients?.length !== 0 ? [] : [
    {
      path: ["backup", "s3"],
      what: `is set, but ${keyOf(["backup", "recipients"])} is empty, so that no archive is made`,
      remedy: `Add a public key there, or remove this section. ${recipientRemedy}`
    }
  ];
}
function checkCopyTo(stack) {
  const name = stack.backup?.copyTo;
  if (name === void 0) return [];
  const path = ["backup", "copyTo"];
  const machines2 = machinesOf(stack);
  if (!machines2.some((machine2) => machine2.name === name)) {
    const names2 = machines2.filter((machine2) => machine2.path[0] !== "masters").flatMap((machine2) => machine2.name ?? []);
    return [{ path, what: "is not a host of the stack", remedy: `Set it to one of ${names2.join(", ")}.` }];
  }
  const masters2 = (stack.masters ?? []).flatMap(
    (master) => master?.name === void 0 ? [] : [{ name: master.name }]
  );
  return refusals({ masters: masters2, copyTo: { name } }).map((refusal2) => ({ ...refusal2, path }));
}

// settings/names.ts
var label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
function isDialled(text3) {
  return /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text3);
}
function whyNoHostName(text3) {
  if (label.test(text3)) {
    return void 0;
  }
  if (/[A-Z]/.test(text3)) {
    return "is not a legal host name: it has capital letters";
  }
  if (text3.includes(".")) {
    return "is not a legal host name: it has a dot";
  }
  return text3.length > 63 ? "is not a legal host name: it is longer than 63 characters" : "is not a legal host name (RFC 1123)";
}
function whyNoDomainName(text3) {
  if (text3.endsWith(".")) {
    return "ends with a dot";
  }
  const labels = text3.split(".");
  if (labels.length < 2) {
    return "is a name of one label, which cannot be in a public or in-house zone";
  }
  if (text3.length > 253) {
    return "is longer than 253 characters";
  }
  if (/[A-Z]/.test(text3)) {
    return "has capital letters, which kubeadm refuses in the endpoint";
  }
  const bad = labels.find((part) => !label.test(part));
  if (bad !== void 0) {
    return `is not a legal domain name: its label ${JSON.stringify(bad)} is not letters, digits and inner hyphens (1\u201363)`;
  }
  return /^\d+$/.test(labels.at(-1) ?? "") ? "is not a legal domain name: its last label is a number" : void 0;
}
function liesInZone(name, zone) {
  return name === zone || name.endsWith(`.${zone}`);
}

// settings/endpoint.ts
var providers = ["cloudflare", "rfc2136"];
var sectionsOf = (endpoint3) => providers.filter((name) => name in endpoint3);
function providerOf(endpoint3 = {}) {
  const [one, other] = sectionsOf(endpoint3);
  return endpoint3.provider ?? (other === void 0 ? one : void 0);
}
function checkProvider(endpoint3) {
  const { provider } = endpoint3;
  const [one, other] = sectionsOf(endpoint3);
  if (other !== void 0) {
    return [
      {
        path: ["endpoint"],
        what: "has both cloudflare and rfc2136: two DNS providers, of which only one can own the record",
        remedy: "Keep the section of the one that serves the zone."
      }
    ];
  }
  if (one === void 0) {
    return [
      {
        path: ["endpoint"],
        what: "has neither cloudflare nor rfc2136, so there is no DNS provider to make the record with",
        remedy: "Add cloudflare: { zoneId } or rfc2136: { server, zone, keyName }."
      }
    ];
  }
  return provider === void 0 || provider === one ? [] : [
    {
      path: ["endpoint", "provider"],
      what: `names another provider than the section ${one}`,
      remedy: `Set it to ${one}, or write the section ${provider} instead.`
    }
  ];
}
function checkTtl(endpoint3) {
  const { ttl } = endpoint3;
  return providerOf(endpoint3) !== "cloudflare" || ttl === void 0 || ttl === 1 || ttl >= 30 ? [] : [
    {
      path: ["endpoint", "ttl"],
      what: "is below what Cloudflare takes",
      remedy: "Set it to 60 to 86400 seconds (from 30 on Enterprise zones), or to 1 for Cloudflare's own choice."
    }
  ];
}
function checkZone({ fqdn, rfc2136: rfc21362 }) {
  const zone = rfc21362?.zone;
  return fqdn === void 0 || zone === void 0 || liesInZone(fqdn, zone) && fqdn !== zone ? [] : [
    {
      path: ["endpoint", "fqdn"],
      what: fqdn === zone ? "is the zone itself" : `lies outside the zone ${zone}`,
      remedy: `Set it to a name that ends with .${zone}, or correct ${keyOf(["endpoint", "rfc2136", "zone"])}.`
    }
  ];
}
var longestTag = 200;
function checkTag({ fqdn }) {
  const longest3 = longestTag - "kube_control:".length;
  return fqdn === void 0 || fqdn.length <= longest3 ? [] : [
    {
      path: ["endpoint", "fqdn"],
      what: `has ${fqdn.length} characters: Datadog would cut the tag kube_control:FQDN that marks the stack's logs`,
      remedy: `Set it to a name of ${longest3} characters at most.`
    }
  ];
}
function checkEndpoint({ endpoint: endpoint3 }) {
  return endpoint3 === void 0 ? [] : [checkProvider, checkTtl, checkZone, checkTag].flatMap((check) => check(endpoint3));
}

// settings/hosts.ts
var import_node_fs4 = require("node:fs");

// host/known-hosts.ts
var sshPort = 22;
function knownHostsName(address2, port2) {
  return port2 === sshPort ? address2 : `[${address2}]:${port2}`;
}
function knownHostsLine(address2, { port: port2, hostKey }) {
  return `${knownHostsName(address2, port2)} ${hostKey}
`;
}
function keyscan(addresses2, port2) {
  const withPort = port2 === sshPort ? "" : `-p ${port2} `;
  return `ssh-keyscan ${withPort}-t ed25519 ${addresses2.join(" ")}`;
}
var verifyKeys = "Then compare each key with what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints on the host's own console.";

// host/path.ts
var import_node_os = require("node:os");
var import_node_path = require("node:path");
function absolutePath(path) {
  return path === "~" || path.startsWith("~/") ? (0, import_node_path.resolve)((0, import_node_os.homedir)(), path.slice(2)) : (0, import_node_path.resolve)(path);
}

// host/pinned-key.ts
var import_node_crypto = require("node:crypto");
function parseLine(line) {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") ? words.shift() : void 0;
  const [patterns, type, key] = words;
  return patterns === void 0 || patterns.startsWith("#") || type === void 0 || key === void 0 ? void 0 : { marker, patterns, type, key };
}
function wildcard(pattern) {
  const escaped2 = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped2.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i");
}
function names(patterns, host) {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(patterns) ?? [];
  if (salt !== void 0 && hash !== void 0) {
    return (0, import_node_crypto.createHmac)("sha1", Buffer.from(salt, "base64")).update(host).digest("base64") === hash;
  }
  const all = patterns.split(",");
  const matches = (pattern) => wildcard(pattern).test(host);
  return all.some(matches) && !all.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1)));
}
var preference = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];
function pinnedKey(knownHosts, address2, port2) {
  const lines = knownHosts.split("\n").map(parseLine).filter((line) => line !== void 0).filter((line) => names(line.patterns, knownHostsName(address2, port2)));
  const revoked = new Set(lines.filter((line) => line.marker === "@revoked").map((line) => line.key));
  const plain = lines.filter((line) => line.marker === void 0 && preference.includes(line.type));
  const best = plain.filter((line) => !revoked.has(line.key)).sort((one, other) => preference.indexOf(one.type) - preference.indexOf(other.type))[0];
  if (best !== void 0) {
    return { hostKey: `${best.type} ${best.key}` };
  }
  const certified = lines.some((line) => line.marker === "@cert-authority");
  return { missing: revoked.size > 0 ? "revoked" : certified ? "certified" : "unknown" };
}

// host/readable-file.ts
var import_node_fs = require("node:fs");
function whyUnreadable(path) {
  try {
    if (!(0, import_node_fs.statSync)(path).isFile()) {
      return `is not a file: ${path}`;
    }
    (0, import_node_fs.accessSync)(path, import_node_fs.constants.R_OK);
    return void 0;
  } catch (error) {
    const code = error.code;
    return code === "ENOENT" || code === "ENOTDIR" ? `does not exist: ${path}` : `cannot be read (${code}): ${path}`;
  }
}

// host/ssh-host.ts
var import_node_fs2 = require("node:fs");
function sshHost(args2) {
  const { name, address: address2, user, port: port2 = sshPort, proxyJump: proxyJump2 } = args2;
  const key = login(args2);
  const knownHosts = args2.knownHostsFile === void 0 ? void 0 : read(args2, "knownHostsFile", args2.knownHostsFile);
  const pinOf = (where, title, dialledAt, atPort) => keyOf2(args2, { where, title, address: dialledAt, port: atPort, knownHosts });
  const pinned = (at) => pinOf("hostKey", name, at, port2);
  const jump = proxyJump2 && {
    host: proxyJump2.host,
    port: proxyJump2.port ?? sshPort,
    user: proxyJump2.user ?? user,
    hostKey: proxyJump2.hostKey ?? pinOf("proxyJump.hostKey", "the jump host", proxyJump2.host, proxyJump2.port ?? sshPort)
  };
  const hostKey = args2.hostKey ?? (typeof address2 === "string" ? pinned(address2) : output(address2).apply(pinned));
  return {
    name,
    address: address2,
    ssh: { user, port: port2, ...key, hostKey, ...jump === void 0 ? {} : { proxyJump: jump } }
  };
}
function login(args2) {
  const { privateKeyFile, agent: agent2 = false } = args2;
  if (privateKeyFile !== void 0 && agent2) {
    throw mistake(args2, "privateKeyFile", "is set together with agent: true", "Remove one of the two.");
  }
  if (privateKeyFile !== void 0) {
    const privateKey = secret(read(args2, "privateKeyFile", privateKeyFile));
    return { privateKey, privateKeyFile: absolutePath(privateKeyFile) };
  }
  if (!agent2) {
    throw mistake(args2, "privateKeyFile", "is missing", "Name the private key that logs in, or set agent to true.");
  }
  return {};
}
function keyOf2(args2, { where, title, address: address2, port: port2, knownHosts }) {
  if (knownHosts === void 0) {
    throw mistake(args2, where, "is missing", "Give the host's public key, or a knownHostsFile that contains it.");
  }
  const pinned = pinnedKey(knownHosts, address2, port2);
  if ("hostKey" in pinned) return pinned.hostKey;
  const found = {
    unknown: "contains no key",
    certified: "contains only an authority (@cert-authority)",
    revoked: "marks every key as revoked (@revoked)"
  }[pinned.missing];
  throw mistake(
    args2,
    "knownHostsFile",
    `${args2.knownHostsFile} ${found} of ${title} (${address2})`,
    `Add the line that \`${keyscan([address2], port2)}\` prints. ${verifyKeys}`
  );
}
function read(args2, field, path) {
  try {
    return (0, import_node_fs2.readFileSync)(absolutePath(path), "utf8");
  } catch (error) {
    throw mistake(
      args2,
      field,
      `${path} cannot be read (${error.code})`,
      "Correct the path."
    );
  }
}
function mistake({ name }, field, what, whatToDo) {
  return new UserError(what, `sshHost ${name}, ${field}`, whatToDo);
}

// settings/private-key.ts
var import_node_crypto2 = require("node:crypto");
var import_node_fs3 = require("node:fs");

// host/shell.ts
function shellQuote(text3) {
  return `'${text3.replaceAll("'", `'\\''`)}'`;
}
function shellAssignments(variables) {
  return Object.keys(variables).sort().map((name) => {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) {
      throw new Error(`not a shell variable name: ${name}`);
    }
    return `${name}=${shellQuote(variables[name] ?? "")}
`;
  }).join("");
}

// settings/openssh-key.ts
var magic = "openssh-key-v1\0";
function readOpensshKey(body) {
  const bytes = Buffer.from(body, "base64");
  if (bytes.toString("latin1", 0, magic.length) !== magic) {
    return void 0;
  }
  try {
    const file = new Fields(bytes.subarray(magic.length));
    const cipher = file.text();
    file.skip();
    file.skip();
    const keys = file.number();
    const type = new Fields(file.bytes()).text();
    const secret3 = file.bytes();
    return keys !== 1 || cipher === "none" && !isWhole(secret3, type) ? void 0 : { cipher, type };
  } catch (error) {
    if (error instanceof RangeError) {
      return void 0;
    }
    throw error;
  }
}
function isWhole(secret3, type) {
  const fields2 = new Fields(secret3);
  return fields2.number() === fields2.number() && fields2.text() === type;
}
var Fields = class {
  constructor(from) {
    this.from = from;
  }
  from;
  at = 0;
  number() {
    const value = this.from.readUInt32BE(this.at);
    this.at += 4;
    return value;
  }
  bytes() {
    const length = this.number();
    const end = this.at + length;
    if (end > this.from.length) {
      throw new RangeError("the field is longer than what is left");
    }
    const value = this.from.subarray(this.at, end);
    this.at = end;
    return value;
  }
  text() {
    return this.bytes().toString("latin1");
  }
  skip() {
    this.bytes();
  }
};

// settings/private-key.ts
var make = "Make one with `ssh-keygen -t ed25519 -N '' -f FILE`, and name FILE, not FILE.pub.";
var damaged = { what: "is a damaged private key", remedy: make };
var locked = (path) => ({
  what: "has a passphrase: the docker provider cannot pass it to ssh",
  remedy: `Load the key into an ssh agent (\`ssh-add ${shellQuote(path)}\`), remove ssh.privateKeyFile and set ${keyOf(["ssh", "agent"])} to true. Or use a key without a passphrase. ${make}`
});
var readable = ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];
var readableCurves = ["prime256v1", "secp384r1", "secp521r1"];
function whyNoPrivateKey(text3, path) {
  if (/^(ssh|ecdsa|sk)-\S+ AAAA/m.test(text3) || /^-+ ?BEGIN (SSH2 |RSA )?PUBLIC KEY/m.test(text3)) {
    return { what: "is the public half of a key", remedy: make };
  }
  if (text3.startsWith("PuTTY-User-Key-File-")) {
    return {
      what: "is a key in PuTTY's format",
      remedy: `Run \`puttygen ${shellQuote(path)} -O private-openssh -o FILE\`, and name FILE.`
    };
  }
  const [, kind, body] = /-----BEGIN ((?:[A-Z0-9]+ )*)PRIVATE KEY-----([\s\S]+)-----END \1PRIVATE KEY-----/.exec(text3) ?? [];
  if (kind === void 0 || body === void 0) {
    return { what: "is not a private key", remedy: make };
  }
  const [, first] = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text3) ?? [];
  if (first !== `${kind}PRIVATE KEY`) {
    return {
      what: `has a block ${first} before the private key, and the command plugin reads the first block only`,
      remedy: "Remove that block from the file."
    };
  }
  if (kind === "OPENSSH ") {
    return whyNotOpenssh(text3, body, path);
  }
  if (kind === "ENCRYPTED " || /Proc-Type: 4,ENCRYPTED/.test(body)) {
    return locked(path);
  }
  if (text3.startsWith("\uFEFF") || !/^-----BEGIN /m.test(text3) || !/^-----END /m.test(text3)) {
    return notAtLineStart;
  }
  try {
    return whyNotPem((0, import_node_crypto2.createPrivateKey)(text3));
  } catch {
    return damaged;
  }
}
var notAtLineStart = {
  what: "has text before -----BEGIN or -----END in the same line (blanks or a byte order mark), so it cannot be read",
  remedy: "Remove this text from the file, or copy the key again."
};
function whyNotOpenssh(text3, body, path) {
  if (text3.includes("\r")) {
    return {
      what: "has the line ends of Windows (CR LF), so ssh cannot read it",
      remedy: `Run \`sed -i 's/\\r$//' ${shellQuote(path)}\`.`
    };
  }
  if (!text3.startsWith("-----BEGIN ")) {
    return {
      what: "has something before -----BEGIN, so ssh cannot read it",
      remedy: "Remove this text from the file: the first line must begin with -----BEGIN."
    };
  }
  if (/\n[ \t]+-----END /.test(text3)) {
    return notAtLineStart;
  }
  if (text3.endsWith("PRIVATE KEY-----")) {
    return {
      what: "has no line end after its last line, so ssh cannot read it",
      remedy: `Run \`echo >> ${shellQuote(path)}\`.`
    };
  }
  if (!/^-----BEGIN OPENSSH PRIVATE KEY-----\n[^]*\n-----END OPENSSH PRIVATE KEY-----\n/.test(text3)) {
    return {
      what: "has blanks after -----BEGIN \u2026 ----- or -----END \u2026 -----, so ssh cannot read it",
      remedy: "Remove them: both lines must end with -----."
    };
  }
  const key = readOpensshKey(body);
  if (key === void 0) {
    return damaged;
  }
  return key.cipher === "none" || !readable.includes(key.type) ? whyNotType(key.type) : locked(path);
}
function whyNotType(type) {
  if (readable.includes(type)) {
    return void 0;
  }
  return type.startsWith("sk-") ? { what: "is a FIDO key: a person must touch its token at each login", remedy: make } : { what: `is a key of type ${type}, which the command plugin cannot read`, remedy: make };
}
function whyNotPem({ asymmetricKeyType, asymmetricKeyDetails }) {
  switch (asymmetricKeyType) {
    case "rsa":
      return void 0;
    case "ec":
      return readableCurves.includes(asymmetricKeyDetails?.namedCurve ?? "") ? void 0 : {
        what: `is a key on the curve ${asymmetricKeyDetails?.namedCurve ?? "unknown"}, which SSH does not have`,
        remedy: make
      };
    case "ed25519":
      return { what: "is an Ed25519 key in PKCS #8: ssh reads this format only from version 9.6 on", remedy: make };
    default:
      return {
        what: `is a key of type ${asymmetricKeyType ?? "unknown"}, which the command plugin cannot read`,
        remedy: make
      };
  }
}
function checkPrivateKey(given) {
  const at = { path: ["ssh", "privateKeyFile"] };
  const file = absolutePath(given);
  const unreadable = whyUnreadable(file);
  if (unreadable !== void 0) {
    return [{ ...at, what: unreadable, remedy: make }];
  }
  const mistakes = [];
  const { mode, uid } = (0, import_node_fs3.statSync)(file);
  if ((mode & 63) !== 0 && uid === process.getuid?.()) {
    mistakes.push({
      ...at,
      what: `can be read by other users (mode ${(mode & 511).toString(8)}), so ssh refuses it`,
      remedy: `Run \`chmod 600 ${shellQuote(file)}\`.`
    });
  }
  const why = whyNoPrivateKey((0, import_node_fs3.readFileSync)(file, "utf8"), file);
  return why === void 0 ? mistakes : [...mistakes, { ...at, ...why }];
}

// settings/hosts.ts
function hostsToKnow(stack) {
  const { port: port2, proxyJump: proxyJump2 } = stack.ssh ?? {};
  const hosts2 = machinesOf(stack).flatMap(({ address: placed2, name = "a host" }) => {
    if (placed2 === void 0 || port2 === void 0 || whyUnusable(placed2.address) !== void 0) {
      return [];
    }
    return [known(placed2.address.toString(), port2, name)];
  });
  const jump = proxyJump2?.host === void 0 || proxyJump2.port === void 0 ? [] : [known(proxyJump2.host, proxyJump2.port, "the jump host")];
  const all = [...hosts2, ...jump];
  const first = new Map(all.toReversed().map((one) => [knownHostsName(one.address, one.port), one]));
  return all.filter((one) => first.get(knownHostsName(one.address, one.port)) === one);
}
function known(address2, port2, name) {
  return { address: address2, port: port2, title: `${name} (${knownHostsName(address2, port2)})` };
}
function checkKnownHosts(stack, given) {
  const path = ["ssh", "knownHostsFile"];
  const file = absolutePath(given);
  const hosts2 = hostsToKnow(stack);
  const unreadable = whyUnreadable(file);
  const scan = (unknown3) => {
    const ports = [...new Set(unknown3.map(({ port: port2 }) => port2))];
    const lines = ports.map((port2) => {
      const addresses2 = unknown3.filter((one) => one.port === port2).map(({ address: address2 }) => address2);
      return `Run \`${keyscan(addresses2, port2)} >> ${file}\`.`;
    });
    return [...lines, verifyKeys].join("\n");
  };
  if (unreadable !== void 0) {
    return [{ path, what: unreadable, remedy: scan(hosts2) }];
  }
  const knownHosts = (0, import_node_fs4.readFileSync)(file, "utf8");
  const verdicts = hosts2.flatMap((host) => {
    const pinned = pinnedKey(knownHosts, host.address, host.port);
    return "missing" in pinned ? [{ ...host, missing: pinned.missing }] : [];
  });
  const unknown2 = verdicts.filter(({ missing }) => missing === "unknown");
  const certified = verdicts.filter(({ missing }) => missing === "certified");
  const revoked = verdicts.filter(({ missing }) => missing === "revoked");
  const titles = (all) => all.map(({ title }) => title).join(", ");
  return [
    ...unknown2.length === 0 ? [] : [{ path, what: `contains no key of ${titles(unknown2)}`, remedy: scan(unknown2) }],
    ...certified.length === 0 ? [] : [
      {
        path,
        what: `contains only an authority (@cert-authority) for ${titles(certified)}: the command plugin does not check host certificates`,
        remedy: `Add each host's own key, which is pinned. ${scan(certified)}`
      }
    ],
    ...revoked.map(({ title }) => ({
      path,
      what: `marks every key of ${title} as revoked`,
      remedy: "Give the host new keys, verify them on its console and add them; do not remove the mark."
    }))
  ];
}
function checkLogin({ ssh: ssh2 = {} }) {
  const { privateKeyFile: file, agent: usesAgent } = ssh2;
  const path = ["ssh", "privateKeyFile"];
  if (file !== void 0 && usesAgent === true) {
    return [
      {
        path,
        what: "is set together with ssh.agent: true, which uses the keys of the ssh agent",
        remedy: "Remove one of the two."
      }
    ];
  }
  if (file !== void 0) {
    return checkPrivateKey(file);
  }
  return usesAgent !== false || "privateKeyFile" in ssh2 ? [] : [
    {
      path,
      what: "is missing",
      remedy: `Name the private key that logs in on every host, or set ${keyOf(["ssh", "agent"])} to true.`
    }
  ];
}
function checkSsh(stack) {
  const knownHosts = stack.ssh?.knownHostsFile;
  return [...checkLogin(stack), ...knownHosts === void 0 ? [] : checkKnownHosts(stack, knownHosts)];
}
function hostMaker(ssh2) {
  return ({ name, address: address2 }) => sshHost({ ...ssh2, name, address: address2 });
}

// host/refusal.ts
var argumentName = (path) => path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`).join("").slice(1);

// components/control-plane/defaults.ts
var defaults2 = {
  /** TCP port of the endpoint and of every API server. */
  port: 6443,
  /** Version of Kubernetes. */
  version: "v1.37.2",
  podSubnet: "10.244.0.0/16",
  serviceSubnet: "10.96.0.0/12",
  imageRepository: "registry.k8s.io",
  cni: "flannel",
  encryptionAtRest: true,
  /** The key of kubeadm init. */
  encryptionKeyGeneration: 1,
  /** The audit log's file on each master, and its rotation. */
  auditLog: { path: "/var/log/kubernetes/audit/audit.log", maxAgeDays: 30, maxBackups: 10, maxSizeMB: 100 },
  /** Milliseconds. They suit members within one site; etcd's own defaults are 100 and 1000. */
  etcd: { heartbeatInterval: 50, electionTimeout: 300 },
  /** Seconds. */
  shutdownDelay: 2,
  /** kubeadm's default. */
  certificateValidity: "8760h",
  /** Seconds. */
  drainTimeout: 300,
  concurrentWorkers: 1,
  /** Folder in which the package kubernetes-cni installs the CNI plugins. */
  binDir: "/opt/cni/bin"
};

// components/control-plane/refusals.ts
var import_node_fs6 = require("node:fs");
var import_yaml2 = require("yaml");

// components/control-plane/certificate-validity.ts
var seconds = { m: 60, h: 3600 };
function validitySeconds(validity = defaults2.certificateValidity) {
  const [, amount, unit3] = /^(\d+)([mh])$/.exec(validity) ?? [];
  return Number(amount) * seconds[unit3];
}
var isValidity = (text3) => /^[1-9]\d{0,6}[mh]$/.test(text3) && validitySeconds(text3) >= 1800 && validitySeconds(text3) <= 87600 * 3600;
var alertBefore = (validity) => Math.floor(validitySeconds(validity) / 4);
var authorityAlertBefore = 180 * 86400;
function durationText(time) {
  const units2 = { days: 86400, hours: 3600, minutes: 60 };
  const [unit3, size] = Object.entries(units2).find(([, length]) => time >= 2 * length) ?? ["seconds", 1];
  return `${Math.floor(time / size)} ${unit3}`;
}

// components/control-plane/configuration-file.ts
var import_node_fs5 = require("node:fs");
var import_yaml = require("yaml");
var group = "apiserver.config.k8s.io";
var kinds = {
  /** @see https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
  policy: { kind: "Policy", apiVersions: ["audit.k8s.io/v1"], why: whyNoPolicy },
  /** @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/ */
  authentication: {
    kind: "AuthenticationConfiguration",
    apiVersions: [`${group}/v1`, `${group}/v1beta1`],
    why: whyNoAnonymousAccess
  },
  /** @see https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/ */
  admission: { kind: "AdmissionConfiguration", apiVersions: [`${group}/v1`], why: whyNoAdmission }
};
function whyNoConfiguration(path, { kind, apiVersions, why }) {
  const unreadable = whyUnreadable(path);
  if (unreadable !== void 0) {
    return unreadable;
  }
  const documents = (0, import_yaml.parseAllDocuments)((0, import_node_fs5.readFileSync)(path, "utf8"));
  const [document, ...others] = Array.isArray(documents) ? documents : [];
  if (document === void 0 || others.length > 0) {
    return document === void 0 ? "is empty" : "has several documents";
  }
  const [error] = document.errors;
  if (error !== void 0) {
    return `is not valid YAML: ${error.message.split("\n")[0]?.replace(/:$/, "")}`;
  }
  const content = document.toJS();
  if (!isContent(content) || content["kind"] !== kind) {
    return `is not of the kind ${kind}: its kind is ${isContent(content) ? String(content["kind"]) : "missing"}`;
  }
  return apiVersions.includes(String(content["apiVersion"])) ? why(content) : `has the apiVersion ${String(content["apiVersion"])}, expected ${apiVersions.join(" or ")}`;
}
var isContent = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
var entriesOf = (value) => Array.isArray(value) ? value.filter(isContent) : [];
function whyNoPolicy({ rules }) {
  const levels2 = ["None", "Metadata", "Request", "RequestResponse"];
  if (!Array.isArray(rules) || rules.length === 0) {
    return "has no rules: the API servers refuse such a policy";
  }
  const odd = rules.findIndex((rule) => !isContent(rule) || !levels2.includes(String(rule["level"])));
  return odd < 0 ? void 0 : `has a rule (number ${odd + 1}) without a level of ${levels2.join(", ")}`;
}
var anonymousPaths = ["/livez", "/readyz", "/api/v1/namespaces/kube-public/configmaps/cluster-info"];
function whyNoAnonymousAccess({ anonymous }) {
  if (!isContent(anonymous)) {
    return void 0;
  }
  if (anonymous["enabled"] !== true) {
    return `disables anonymous access: HAProxy's checks, kubelet's probes and joins need ${anonymousPaths.join(", ")}`;
  }
  const paths = entriesOf(anonymous["conditions"]).map((condition) => condition["path"]);
  const missing = "conditions" in anonymous ? anonymousPaths.filter((path) => !paths.includes(path)) : [];
  return missing.length === 0 ? void 0 : `has anonymous.conditions without ${missing.join(", ")}, which HAProxy's checks, kubelet's probes and joins read without a login`;
}
function whyNoAdmission({ plugins }) {
  const relative2 = entriesOf(plugins).find((one) => typeof one["path"] === "string" && !one["path"].startsWith("/"));
  return relative2 === void 0 ? void 0 : `names a file for the plugin ${String(relative2["name"])} by a relative path, but only this file is written to the masters: write its content under \`configuration\``;
}

// components/control-plane/decided-flags.ts
var import_node_path2 = require("node:path");

// components/control-plane/control-plane-files.ts
var filesFolder = "/etc/kubernetes/kube-control";

// components/control-plane/static-pods.ts
var PathType = {
  /** A directory, which kubelet creates if it is missing. */
  DirectoryOrCreate: "DirectoryOrCreate",
  /** A directory that exists. */
  Directory: "Directory",
  /** A file, which kubelet creates if it is missing. */
  FileOrCreate: "FileOrCreate",
  /** A file that exists. */
  File: "File"
};

// components/control-plane/api-server.ts
var volumeNames = { files: "kube-control", auditLog: "audit-log" };
var filesVolume = {
  name: volumeNames.files,
  hostPath: filesFolder,
  mountPath: filesFolder,
  pathType: PathType.Directory
};

// components/control-plane/decided-flags.ts
function flags(names2, why, ...instead) {
  return names2.split(" ").map((name) => [name, instead.length === 0 ? { why } : { why, instead }]);
}
var files = "kubeadm sets to the files that it has written on each master";
var addresses = "kubeadm sets to each master's own address";
var apiServer = [
  ...flags("advertise-address bind-address", addresses),
  ...flags("secure-port", "is the endpoint's port, which the load balancers and every kubeconfig use"),
  ...flags("etcd-servers etcd-prefix", "decides where the cluster's data is"),
  ...flags("etcd-cafile etcd-certfile etcd-keyfile client-ca-file tls-cert-file tls-private-key-file", files),
  ...flags("kubelet-client-certificate kubelet-client-key proxy-client-cert-file proxy-client-key-file", files),
  ...flags("service-account-key-file service-account-signing-key-file requestheader-client-ca-file", files),
  ...flags(
    "requestheader-username-headers requestheader-group-headers requestheader-extra-headers-prefix requestheader-allowed-names",
    "kubeadm sets for its own front proxy's certificate"
  ),
  ...flags("service-cluster-ip-range", "is decided when the cluster is initialised", "serviceSubnet"),
  ...flags(
    "encryption-provider-config encryption-provider-config-automatic-reload",
    "belongs to the encryption of Secrets",
    "encryptionAtRest"
  ),
  ...flags(
    "shutdown-delay-duration",
    "must suit the load balancers' checks, and has an argument of its own",
    "shutdownDelay"
  ),
  ...flags(
    "anonymous-auth",
    "decides whether HAProxy's checks of /readyz, kubelet's probes and joins are answered: they do not log in",
    "apiServer",
    "authentication"
  ),
  ...flags("authentication-config", "names a file that kube-control writes", "apiServer", "authentication"),
  ...flags("admission-control-config-file", "names a file that kube-control writes", "apiServer", "admission"),
  ...flags("audit-policy-file", "names a file that kube-control writes", "apiServer", "audit", "policy"),
  ...flags(
    "audit-log-path audit-log-maxage audit-log-maxbackup audit-log-maxsize",
    "belongs to the audit log",
    "apiServer",
    "audit",
    "log"
  ),
  ...flags("enable-bootstrap-token-auth", "must be true, so that nodes can join"),
  ...flags("allow-privileged", "must be true for kube-proxy and the pod network")
];
var leader = "must be true: each master runs one, and only one of them may work";
var controllerManager = [
  ...flags("kubeconfig authentication-kubeconfig authorization-kubeconfig client-ca-file", files),
  ...flags("requestheader-client-ca-file root-ca-file service-account-private-key-file", files),
  ...flags("cluster-signing-cert-file cluster-signing-key-file", files),
  ...flags(
    "cluster-signing-duration",
    "decides when kubelets renew their certificates, and has an argument of its own",
    "certificateValidity"
  ),
  ...flags("cluster-cidr allocate-node-cidrs", "is decided when the cluster is initialised", "podSubnet"),
  ...flags("service-cluster-ip-range", "is decided when the cluster is initialised", "serviceSubnet"),
  ...flags("leader-elect", leader)
];
var scheduler = [
  ...flags("kubeconfig authentication-kubeconfig authorization-kubeconfig", files),
  ...flags("leader-elect", leader)
];
var etcd = [
  ...flags("name", "is each master's own name"),
  ...flags("data-dir wal-dir", "decides where the cluster's data is: etcd would start empty"),
  ...flags(
    "initial-cluster initial-cluster-state initial-cluster-token force-new-cluster force-new-cluster-bump-amount",
    "is for the first start of a member; kubeadm sets it, and on a running member it could split the cluster"
  ),
  ...flags("initial-advertise-peer-urls advertise-client-urls listen-client-urls listen-peer-urls", addresses),
  ...flags("cert-file key-file trusted-ca-file peer-cert-file peer-key-file peer-trusted-ca-file", files),
  ...flags("client-cert-auth peer-client-cert-auth", "must be true: otherwise anyone can read the cluster's data"),
  ...flags("discovery discovery-srv discovery-token discovery-endpoints", "is for clusters without kubeadm"),
  ...flags("config-file", "makes etcd ignore all other flags"),
  ...flags("heartbeat-interval", "has an argument of its own", "etcd", "heartbeatInterval"),
  ...flags("election-timeout", "has an argument of its own", "etcd", "electionTimeout")
];
var decided = {
  apiServer: new Map(apiServer),
  controllerManager: new Map(controllerManager),
  scheduler: new Map(scheduler),
  etcd: new Map(etcd)
};
var required = {
  apiServer: {
    "enable-admission-plugins": {
      entries: ["NodeRestriction"],
      why: "without it, the credentials of one node can change the objects of all others"
    },
    "authorization-mode": {
      entries: ["Node", "RBAC"],
      why: "kubelets and the control plane are authorised by these"
    },
    "service-account-issuer": {
      entries: ["https://kubernetes.default.svc.cluster.local"],
      why: "pods hold tokens of this issuer; a further issuer comes first in the list"
    }
  },
  controllerManager: {
    controllers: {
      entries: ["bootstrapsigner", "tokencleaner"],
      why: "joins need them, and they do not run by default"
    }
  }
};
function flagRefusals(component, extraArgs2, nameOf2) {
  return Object.entries(extraArgs2).flatMap(([flag, value]) => {
    const path = [component, "extraArgs", flag];
    if (!/^[a-z][a-z0-9-]*$/.test(flag)) {
      const bare = flag.replace(/^-+/, "");
      return [
        {
          path,
          what: "is not the name of a flag",
          remedy: `Write it without dashes in front and without a value${/^[a-z][a-z0-9-]*$/.test(bare) ? `: ${bare}` : ", e.g. profiling"}.`
        }
      ];
    }
    const one = decided[component].get(flag);
    if (one !== void 0) {
      const remedy2 = one.instead === void 0 ? "Remove it." : `Remove it, and set ${nameOf2(one.instead)}.`;
      return [{ path, what: `is a flag that ${one.why}`, remedy: remedy2 }];
    }
    return missingEntries(component, flag, value, path);
  });
}
function missingEntries(component, flag, value, path) {
  const { entries = [], why = "" } = required[component]?.[flag] ?? {};
  const given = [value].flat().flatMap((one) => String(one).split(","));
  const missing = entries.filter((entry) => !given.includes(entry));
  return missing.length === 0 ? [] : [{ path: [...path], what: `does not contain ${missing.join(" and ")}: ${why}`, remedy: "Add it to the value." }];
}
var takenVolumes = /* @__PURE__ */ new Set([
  ...Object.values(volumeNames),
  ...["k8s-certs", "ca-certs", "kubeconfig", "etc-ca-certificates", "etc-pki-ca-trust", "etc-pki-tls-certs"],
  ...["usr-share-ca-certificates", "usr-local-share-ca-certificates", "flexvolume-dir"]
]);
var takenPlaces = /* @__PURE__ */ new Set([
  ...[filesFolder, (0, import_node_path2.dirname)(defaults2.auditLog.path), "/etc/kubernetes/pki", "/etc/ssl/certs"],
  ...["/etc/kubernetes/controller-manager.conf", "/etc/kubernetes/scheduler.conf"]
]);
function volumeRefusals(component, volumes) {
  const names2 = new Set(takenVolumes);
  const places = new Set(takenPlaces);
  return volumes.flatMap((volume, index) => {
    const { name, hostPath, mountPath } = volume ?? {};
    const path = [component, "extraVolumes", index];
    const isTaken = name !== void 0 && names2.has(name);
    const isTwice = mountPath !== void 0 && places.has(mountPath);
    names2.add(name ?? "");
    places.add(mountPath ?? "");
    return [
      ...name !== void 0 && !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) ? [
        {
          path: [...path, "name"],
          what: "is not a volume's name",
          remedy: "Use lower-case letters, digits and hyphens."
        }
      ] : [],
      ...isTaken ? [{ path: [...path, "name"], what: "is the name of another volume of this pod", remedy: "Choose another." }] : [],
      ...isTwice ? [{ path: [...path, "mountPath"], what: "is the place of another volume", remedy: "Choose another." }] : [],
      ...Object.entries({ hostPath, mountPath }).filter(([, value]) => value !== void 0 && !/^\/[^\p{Cc}:]*$/u.test(value)).map(([key]) => ({
        path: [...path, key],
        what: "is not an absolute path",
        remedy: "Begin it with a slash, e.g. /etc/kubernetes/oidc."
      }))
    ];
  });
}
function environmentRefusals(component, extraEnvs2) {
  return Object.keys(extraEnvs2).filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)).map((name) => ({
    path: [component, "extraEnvs", name],
    what: "is not the name of an environment variable",
    remedy: "Use letters, digits and underscores, e.g. GOGC."
  }));
}

// components/control-plane/component-refusals.ts
var components = ["apiServer", "controllerManager", "scheduler", "etcd"];
function componentRefusals(args2, nameOf2) {
  return [
    ...components.flatMap((component) => {
      const { extraArgs: extraArgs2 = {}, extraEnvs: extraEnvs2 = {}, extraVolumes: extraVolumes2 = [] } = args2[component] ?? {};
      return [
        ...flagRefusals(component, extraArgs2, nameOf2),
        ...environmentRefusals(component, extraEnvs2),
        ...volumeRefusals(component, extraVolumes2)
      ];
    }),
    ...fileRefusals(args2.apiServer ?? {}),
    ...auditRefusals(args2.apiServer ?? {}, nameOf2),
    ...oidcRefusals(args2.apiServer ?? {}, nameOf2),
    ...encryptionRefusals(args2, nameOf2)
  ];
}
function fileRefusals({ audit: audit2, authentication, admission }) {
  const given = [
    { path: ["audit", "policy"], file: audit2?.policy, kind: kinds.policy },
    { path: ["authentication"], file: authentication, kind: kinds.authentication },
    { path: ["admission"], file: admission, kind: kinds.admission }
  ];
  return given.flatMap(({ path, file, kind }) => {
    const what = file === void 0 ? void 0 : whyNoConfiguration(file, kind);
    const remedy2 = `Set it to a YAML file with one document of the kind ${kind.kind}.`;
    return what === void 0 ? [] : [{ path: ["apiServer", ...path], what, remedy: remedy2 }];
  });
}
var auditFolder = "/var/log/kubernetes/audit/";
function auditRefusals({ audit: audit2 = {} }, nameOf2) {
  const { enabled = false, policy, log: log2 } = audit2;
  const isInFolder = log2?.path === void 0 || log2.path.startsWith(auditFolder) && !/[^\w./-]|\/\.|\/\/|\/$/.test(log2.path);
  return [
    ...!enabled && policy !== void 0 ? [
      {
        path: ["apiServer", "audit", "policy"],
        what: "is given, but the audit log is off",
        remedy: `Set ${nameOf2(["apiServer", "audit", "enabled"])} to true, or remove the policy.`
      }
    ] : [],
    ...isInFolder ? [] : [
      {
        path: ["apiServer", "audit", "log", "path"],
        what: `is not a file below ${auditFolder}`,
        remedy: `Set it to e.g. ${auditFolder}audit.log.`
      }
    ]
  ];
}
function oidcRefusals({ authentication, extraArgs: extraArgs2 = {} }, nameOf2) {
  return authentication === void 0 ? [] : Object.keys(extraArgs2).filter((flag) => flag.startsWith("oidc-")).map((flag) => ({
    path: ["apiServer", "extraArgs", flag],
    what: `excludes ${nameOf2(["apiServer", "authentication"])}: the API servers refuse to start with both`,
    remedy: "Remove it, and write the issuer into that file."
  }));
}
function encryptionRefusals({ encryptionAtRest, encryptionKeyGeneration }, nameOf2) {
  return encryptionAtRest === false && encryptionKeyGeneration !== void 0 ? [
    {
      path: ["encryptionKeyGeneration"],
      what: "is given, but Secrets are not encrypted",
      remedy: `Set ${nameOf2(["encryptionAtRest"])} to true, or remove this.`
    }
  ] : [];
}

// components/control-plane/refusals.ts
function refusals2({ nodes: nodes2, cni: cni2, certificateValidity, ...components2 }, nameOf2 = argumentName) {
  const all = [];
  if (nodes2?.length === 0) {
    all.push({
      path: ["nodes"],
      what: "has no control plane node",
      remedy: "List the masters (name and address): three, so that the cluster survives the loss of one."
    });
  }
  if (certificateValidity !== void 0 && !isValidity(certificateValidity)) {
    all.push({
      path: ["certificateValidity"],
      what: "is not a duration from 30m to 87600h",
      remedy: `Set it to whole hours or minutes, e.g. ${defaults2.certificateValidity}.`
    });
  }
  const why = cni2 === void 0 ? void 0 : manifestMistake(cni2, nameOf2);
  const ofManifest = why === void 0 ? [] : [{ path: ["cni", "manifest"], ...why }];
  return [...all, ...ofManifest, ...componentRefusals(components2, nameOf2)];
}
function manifestMistake({ name, manifest }, nameOf2) {
  const itsName = nameOf2(["cni", "name"]);
  if (name !== "manifest") {
    return manifest === void 0 ? void 0 : { what: `is given, but ${itsName} is ${name}`, remedy: "Choose the name `manifest`, or remove the file." };
  }
  const what = manifest === void 0 ? `is missing: ${itsName} is manifest` : whyNoManifest(manifest);
  return what === void 0 ? void 0 : { what, remedy: "Set it to the path of the pod network's manifest, e.g. lab/cni/manifest.yaml." };
}
function whyNoManifest(path) {
  const unreadable = whyUnreadable(path);
  if (unreadable !== void 0) {
    return unreadable;
  }
  const documents = (0, import_yaml2.parseAllDocuments)((0, import_node_fs6.readFileSync)(path, "utf8"));
  if (!Array.isArray(documents) || documents.length === 0) {
    return "is empty";
  }
  const error = documents.flatMap((document) => document.errors)[0];
  if (error !== void 0) {
    return `is not valid YAML: ${error.message.split("\n")[0]?.replace(/:$/, "")}`;
  }
  const objects = documents.map((document) => document.toJS()).filter((object) => object !== null);
  const odd = objects.findIndex(
    (object) => typeof object !== "object" || !("kind" in object) || !("apiVersion" in object)
  );
  return odd < 0 ? void 0 : `has a document (number ${odd + 1}) without apiVersion and kind`;
}

// host/ssh-options.ts
var import_node_os2 = require("node:os");
var import_node_path3 = require("node:path");
var connectTimeout = { direct: 8, behindJump: 25 };
function sshOptions({ identityFile, proxyJump: proxyJump2 }) {
  return [
    ...commonOptions2(identityFile),
    `ConnectTimeout=${proxyJump2 === void 0 ? connectTimeout.direct : connectTimeout.behindJump}`,
    "LogLevel=ERROR",
    ...proxyJump2 === void 0 ? [] : [`ProxyCommand=${proxyCommand(proxyJump2, identityFile)}`]
  ];
}
function commonOptions2(identityFile) {
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
function pinnedTo(address2, pin) {
  const line = knownHostsLine(address2, pin).trimEnd();
  return ["UserKnownHostsFile=/dev/null", `KnownHostsCommand=/bin/sh -c "echo '${line}'"`];
}
function proxyCommand({ host, port: port2, user, hostKey }, identityFile) {
  const options = [
    ...commonOptions2(identityFile),
    ...pinnedTo(host, { port: port2, hostKey }),
    `ConnectTimeout=${connectTimeout.direct}`,
    // the level at which ssh says why the jump host could not reach the host
    "LogLevel=INFO"
  ];
  const words = ["-F", "none", ...options.flatMap((one) => ["-o", one]), "-p", String(port2), "-l", user];
  return `ssh ${words.map((word3) => shellQuote(word3).replaceAll("%", "%%")).join(" ")} -W '[%h]:%p' ${host}`;
}
function identityPath(path) {
  const inProject = below(process.cwd(), path);
  const atHome = below((0, import_node_os2.homedir)(), path);
  const portable = inProject ?? (atHome === void 0 ? void 0 : (0, import_node_path3.join)("${HOME}", atHome)) ?? path;
  const escaped2 = portable.replaceAll("%", "%%");
  return /^[\w./${}%@+-]+$/.test(escaped2) ? escaped2 : `"${escaped2.replaceAll(/["\\]/g, "\\$&")}"`;
}
function below(folder, path) {
  const from = (0, import_node_path3.relative)(folder, path);
  return from === "" || from.startsWith("..") ? void 0 : from;
}

// host/script-text.ts
function scriptText({ where, step, prelude, script: script3, variables, secrets: secrets3 = {}, ...limits3 }) {
  return [
    shellAssignments({
      ...variables,
      ...secrets3,
      KC_HOST: where,
      KC_STEP: step,
      KC_TIMEOUT: String(limits3.timeoutSeconds ?? 600),
      KC_LOCK: limits3.lock ?? true ? "1" : "0",
      KC_SECRETS: Object.keys(secrets3).sort().join(" ")
    }),
    prelude,
    script3,
    'run_phase "$1"\n'
  ].join("\n");
}
function acrossHostsVariables(hosts2, { identityFile, proxyJump: proxyJump2 }) {
  return {
    KC_HOSTS: hosts2.map(({ name, user, address: address2, port: port2 }) => `${name} ${user}@${address2}:${port2}`).join("\n"),
    KC_KNOWN_HOSTS: hosts2.map(({ address: address2, ...pin }) => knownHostsLine(address2, pin)).join(""),
    KC_SSH_OPTIONS: sshOptions({ identityFile, proxyJump: proxyJump2 }).join("\n"),
    KC_JUMP: proxyJump2?.host ?? ""
  };
}

// host/ssh.ts
var import_node_child_process = require("node:child_process");
var import_node_crypto3 = require("node:crypto");
var import_node_fs7 = require("node:fs");
var import_node_os3 = require("node:os");
var import_node_path4 = require("node:path");
var import_node_stream = require("node:stream");
function targetOf({ name, address: address2, ssh: { privateKey: _, ...access } }) {
  return { ...access, name, address: address2 };
}
var pause = (milliseconds2) => new Promise((resolve7) => setTimeout(resolve7, milliseconds2));
var silence = /timed out|Connection refused|No route to host|unreachable|Connection closed by|Connection reset by/;
var silenceBehindJump = /open failed: connect failed|Connection to UNKNOWN port \d+ timed out/;
async function runOverSsh(target2, text3, { patienceSeconds, ...limits3 }, input) {
  const folder = (0, import_node_fs7.mkdtempSync)((0, import_node_path4.join)((0, import_node_os3.tmpdir)(), "kube-control."));
  try {
    const args2 = sshArguments(target2, folder);
    const end = Date.now() + patienceSeconds * 1e3;
    for (; ; ) {
      const answer = await dial(target2, args2, text3, limits3, input);
      if (answer.kind !== "unreachable" || input !== void 0 || Date.now() >= end) {
        return answer;
      }
      await pause(2e3);
    }
  } finally {
    (0, import_node_fs7.rmSync)(folder, { recursive: true, force: true });
  }
}
function sshArguments(target2, folder) {
  const { address: address2, port: port2, user, hostKey, proxyJump: proxyJump2 } = target2;
  const options = [
    ...sshOptions({ identityFile: identityIn(folder, target2), proxyJump: proxyJump2 }),
    ...pinnedTo(address2, { port: port2, hostKey })
  ];
  return ["-F", "none", ...options.flatMap((one) => ["-o", one]), "-p", String(port2), `${user}@${address2}`];
}
function identityIn(folder, { privateKey, privateKeyFile }) {
  if (privateKey !== void 0) {
    const file = (0, import_node_path4.join)(folder, "key");
    (0, import_node_fs7.writeFileSync)(file, privateKey, { mode: 384 });
    return identityPath(file);
  }
  return privateKeyFile === void 0 ? void 0 : identityPath(privateKeyFile);
}
function dial(target2, args2, text3, { seconds: seconds2, mostBytes = Infinity }, input) {
  const mark = `@kube-control-${(0, import_node_crypto3.randomBytes)(8).toString("hex")}`;
  const remote = `sh -c 'echo ${mark} begins; $([ "$(id -u)" = 0 ] || echo sudo -n) timeout --kill-after=5 ${seconds2} bash -s; s=$?; echo; echo ${mark} ends $s; exit $s'`;
  return new Promise((resolve7) => {
    const dialled = Date.now();
    let begun = dialled;
    let output2 = "";
    let errors = "";
    let received2 = 0;
    const silent = target2.proxyJump === void 0 ? silence : silenceBehindJump;
    const child = (0, import_node_child_process.spawn)("ssh", [...args2, remote], { stdio: "pipe", env: process.env });
    const timer = setTimeout(() => child.kill("SIGKILL"), (seconds2 + 15) * 1e3);
    const isTooMuch = (chunk) => {
      received2 += Buffer.byteLength(chunk);
      if (received2 > mostBytes) child.kill("SIGKILL");
      return received2 > mostBytes;
    };
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      if (isTooMuch(chunk)) return;
      output2 += chunk;
      if (begun === dialled && output2.includes(`${mark} begins
`)) {
        begun = Date.now();
      }
    });
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      if (!isTooMuch(chunk)) errors += chunk;
    });
    child.stdin.on("error", () => void 0);
    if (input === void 0) {
      child.stdin.end(text3);
    } else {
      child.stdin.write(text3);
      (0, import_node_stream.pipeline)(input, child.stdin, () => void 0);
    }
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve7({ kind: "failed", said: `cannot start ssh on this machine: ${error.message}` });
    });
    child.on("close", (status2) => {
      clearTimeout(timer);
      resolve7(judge2(status2));
    });
    function judge2(status2) {
      const [greeting = "", afterBegin] = output2.split(`${mark} begins
`);
      const [body, afterEnd] = (afterBegin ?? "").split(`
${mark} ends `);
      const said = lastLines(errors);
      if (received2 > mostBytes) {
        return { kind: "failed", said: `printed more than ${mostBytes} bytes` };
      }
      if (status2 === 0 && afterEnd !== void 0) {
        return { kind: "answered", output: body ?? "", greeting, begun: [dialled, begun] };
      }
      if (status2 === 255 && afterBegin === void 0 && silent.test(errors)) {
        return { kind: "unreachable", said };
      }
      if (afterBegin !== void 0 && [124, 125, 137].includes(status2 ?? 137)) {
        return { kind: "failed", said: `timed out after ${seconds2} s` };
      }
      return {
        kind: "failed",
        said: status2 === 0 || afterBegin === void 0 && status2 !== 255 ? `the login shell of ${target2.user} did not run sh -c 'COMMAND'${said === "" ? "" : ` (${said})`}` : said || `exit ${status2 ?? "by a signal"}`
      };
    }
  });
}
function lastLines(text3) {
  return text3.trim().split("\n").slice(-3).join("; ");
}

// components/control-plane/minor.ts
function minorOf(version) {
  const minor = /^v1\.(\d+)\.\d+$/.exec(version ?? "")?.[1];
  return minor === void 0 ? void 0 : Number(minor);
}

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

// components/control-plane/ports.ts
var kubelet = { port: 10250, what: "kubelet", processes: ["kubelet"] };
var masterPorts = [
  { port: 2379, what: "etcd (clients)", processes: ["etcd"] },
  { port: 2380, what: "etcd (peers)", processes: ["etcd"] },
  { port: 2381, what: "etcd (metrics)" },
  { port: 10248, what: "kubelet (health)" },
  { port: 10249, what: "kube-proxy (metrics)" },
  kubelet,
  { port: 10256, what: "kube-proxy (health)" },
  { port: 10257, what: "kube-controller-manager", processes: ["kube-controller", "kube-controller-manager"] },
  { port: 10259, what: "kube-scheduler", processes: ["kube-scheduler"] }
];

// components/control-plane/releases.ts
var endOfSupport = {
  34: "2026-10-27",
  35: "2027-02-28",
  36: "2027-06-28",
  37: "2027-10-28"
};
var supportedMinors = [35, 36, 37];
var supported = `v1.${supportedMinors[0]} to v1.${supportedMinors.at(-1)}`;

// settings/sound.ts
function soundParts(value, issues) {
  const sound = structuredClone(value);
  for (const { code, path = [] } of issues) {
    if (code === "unrecognized_keys") continue;
    const parent = valueAt(sound, path.slice(0, -1));
    const last = path.at(-1);
    if (last !== void 0 && typeof parent === "object" && parent !== null) {
      parent[last] = void 0;
    }
  }
  return sound;
}
function valueAt(root, path) {
  return path.reduce(
    (value, part) => typeof value === "object" && value !== null && Object.hasOwn(value, part) ? value[part] : void 0,
    root
  );
}

// settings/decided-fields.ts
var oneForAll = "the same configuration is for every node";
var fields = [
  ...["kubelet", "kubeProxy"].flatMap(
    (document) => ["apiVersion", "kind"].map((name) => ({
      path: [document, name],
      accepted: [],
      why: "the version and the kind of this document are set by kube-control"
    }))
  ),
  {
    path: ["kubelet", "cgroupDriver"],
    accepted: ["systemd"],
    why: "containerd is configured for systemd, and with two drivers the pods of the control plane restart again and again"
  },
  {
    path: ["kubelet", "staticPodPath"],
    accepted: ["/etc/kubernetes/manifests"],
    why: "kubeadm puts the pods of the control plane into /etc/kubernetes/manifests"
  },
  {
    path: ["kubelet", "clusterDomain"],
    accepted: ["cluster.local"],
    why: "CoreDNS and the certificates of the API servers have cluster.local"
  },
  {
    path: ["kubelet", "containerRuntimeEndpoint"],
    accepted: ["unix:///run/containerd/containerd.sock", "unix:///var/run/containerd/containerd.sock"],
    why: "the nodes run containerd at unix:///run/containerd/containerd.sock"
  },
  {
    path: ["kubelet", "imageServiceEndpoint"],
    accepted: ["", "unix:///run/containerd/containerd.sock", "unix:///var/run/containerd/containerd.sock"],
    why: "the nodes run containerd at unix:///run/containerd/containerd.sock"
  },
  {
    path: ["kubelet", "address"],
    accepted: ["0.0.0.0", "::"],
    why: `${oneForAll}, and the API servers reach kubelet at each node's own address`
  },
  {
    path: ["kubelet", "enableServer"],
    accepted: [true],
    why: "the API servers, and kube-control's check of etcd, connect to each kubelet"
  },
  {
    path: ["kubelet", "enableDebuggingHandlers"],
    accepted: [true],
    why: "kube-control checks etcd's members by kubectl exec, and these handlers serve it"
  },
  {
    path: ["kubelet", "authentication", "x509", "clientCAFile"],
    accepted: ["/etc/kubernetes/pki/ca.crt"],
    why: "the API servers show kubelet a certificate of the cluster's own authority"
  },
  {
    path: ["kubelet", "serverTLSBootstrap"],
    accepted: [true],
    why: "the masters approve kubelets' serving certificates, and nobody renews self-signed ones"
  },
  { path: ["kubelet", "rotateCertificates"], accepted: [true], why: "kubeadm turns it on in any case" },
  { path: ["kubelet", "registerNode"], accepted: [true], why: "a node that does not register never becomes Ready" },
  { path: ["kubelet", "providerID"], accepted: [""], why: `${oneForAll}, and each node has its own id` },
  {
    path: ["kubeProxy", "mode"],
    accepted: ["", "iptables", "nftables", "ipvs"],
    why: "kube-proxy has no such mode on Linux",
    remedy: "Set it to iptables, nftables or ipvs, or remove it to use iptables."
  },
  {
    path: ["kubeProxy", "hostnameOverride"],
    accepted: [""],
    why: `${oneForAll}, and kubeadm gives kube-proxy each node's name`
  },
  {
    path: ["kubeProxy", "bindAddress"],
    accepted: ["0.0.0.0", "::"],
    why: `${oneForAll}, and each node has its own address`
  },
  {
    path: ["kubeProxy", "clientConnection", "kubeconfig"],
    accepted: ["/var/lib/kube-proxy/kubeconfig.conf"],
    why: "kubeadm mounts kube-proxy's kubeconfig at /var/lib/kube-proxy/kubeconfig.conf"
  },
  {
    path: ["containerd", "cri", "sandbox_image"],
    accepted: [],
    why: "kubeadm knows which pause image belongs to the version of Kubernetes",
    remedy: "Remove it. kubernetes.imageRepository and kubernetes.containerd.mirrors set where images come from."
  },
  {
    path: ["containerd", "runtime", "runtime_type"],
    accepted: ["io.containerd.runc.v2"],
    why: "this section configures runc"
  },
  {
    path: ["containerd", "runcOptions", "SystemdCgroup"],
    accepted: [true],
    why: "kubelet is configured for systemd's cgroups"
  }
];
function checkDecidedFields({ kubernetes: kubernetes2 }) {
  return [...fields, clusterCidr(kubernetes2?.podSubnet)].flatMap(({ path, accepted, why, remedy: remedy2 }) => {
    const value = valueAt(kubernetes2, path);
    return value === void 0 || accepted.includes(value) ? [] : [
      {
        path: ["kubernetes", ...path],
        what: `is not a value that the stack works with: ${why}`,
        remedy: remedy2 ?? "Remove it."
      }
    ];
  });
}
function clusterCidr(podSubnet) {
  const key = keyOf(["kubernetes", "podSubnet"]);
  return {
    path: ["kubeProxy", "clusterCIDR"],
    accepted: ["", podSubnet],
    why: `the pods' network is ${key}`,
    remedy: `Remove it, and set ${key}.`
  };
}

// settings/kubernetes.ts
var oldestMinor = 31;
function checkVersion({ version, repository: repository2 }) {
  const minor = minorOf(version);
  if (version === void 0 || minor === void 0) {
    return [];
  }
  if (minor < oldestMinor) {
    return [
      {
        path: ["kubernetes", "version"],
        what: `is too old: kubeadm's configuration v1beta4 begins with v1.${oldestMinor}`,
        remedy: `Choose v1.${oldestMinor}.0 or newer.`
      }
    ];
  }
  const published = /\/v1\.(\d+)\//.exec(repository2?.url ?? "")?.[1];
  return published === void 0 || Number(published) === minor ? [] : [
    {
      path: ["kubernetes", "repository", "url"],
      what: `has the packages of v1.${published}, not those of ${version}`,
      remedy: `Set it to the repository of v1.${minor}, or omit it to use pkgs.k8s.io.`
    }
  ];
}
function checkRepository({ repository: repository2 = {} }) {
  return "key" in repository2 && "keyUrl" in repository2 ? [
    {
      path: ["kubernetes", "repository"],
      what: "has both key and keyUrl",
      remedy: "Keep one: the key's text, or where hosts fetch it."
    }
  ] : [];
}
function checkCni({ cni: cni2 }) {
  const { name, manifest } = cni2 ?? {};
  if (name === void 0 || manifest === void 0 && "manifest" in (cni2 ?? {})) {
    return [];
  }
  const nameOf2 = (path) => keyOf(["kubernetes", ...path]);
  const file = manifest === void 0 ? void 0 : absolutePath(manifest);
  return refusals2({ cni: { name, manifest: file } }, nameOf2).map((refusal2) => ({
    ...refusal2,
    path: ["kubernetes", ...refusal2.path]
  }));
}
function checkComponents({ apiServer: apiServer3, controllerManager: controllerManager3, scheduler: scheduler3, etcd: etcd4, ...encryption }) {
  const nameOf2 = (path) => keyOf(["kubernetes", ...path]);
  const { encryptionAtRest, encryptionKeyGeneration } = encryption;
  const args2 = {
    apiServer: apiServer3 && withAbsolutePaths(apiServer3),
    controllerManager: controllerManager3,
    scheduler: scheduler3,
    etcd: etcd4,
    encryptionAtRest,
    encryptionKeyGeneration
  };
  return refusals2(args2, nameOf2).map((refusal2) => ({ ...refusal2, path: ["kubernetes", ...refusal2.path] }));
}
function withAbsolutePaths(given) {
  const { audit: audit2, authentication, admission } = given;
  return {
    ...given,
    ...audit2?.policy === void 0 ? {} : { audit: { ...audit2, policy: absolutePath(audit2.policy) } },
    ...authentication === void 0 ? {} : { authentication: absolutePath(authentication) },
    ...admission === void 0 ? {} : { admission: absolutePath(admission) }
  };
}
function checkMirrors({ containerd: containerd2 }) {
  return Object.keys(containerd2?.mirrors ?? {}).filter((registry) => !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/.test(registry)).map((registry) => ({
    path: ["kubernetes", "containerd", "mirrors", registry],
    what: "is not a registry's name",
    remedy: "Write host and port as they begin an image's name, e.g. registry.k8s.io."
  }));
}
function checkKubernetes(stack) {
  const { kubernetes: kubernetes2 } = stack;
  return kubernetes2 === void 0 ? [] : [
    ...[checkVersion, checkRepository, checkCni, checkComponents, checkMirrors].flatMap(
      (check) => check(kubernetes2)
    ),
    ...checkDecidedFields(stack)
  ];
}

// settings/network.ts
var subnets = [
  ["podSubnet", "pod subnet"],
  ["serviceSubnet", "service subnet"]
];
function subnetOf({ kubernetes: kubernetes2 }, name) {
  const text3 = kubernetes2?.[name];
  return text3 === void 0 ? void 0 : parseNetwork(text3);
}
var isThere = (value) => value !== void 0;
var virtualIpOf = ({ virtualIp: virtualIp3 }) => placedAt(["virtualIp", "address"], virtualIp3?.address);
function addressesOf(stack) {
  return [...machinesOf(stack).map(({ address: address2 }) => address2), virtualIpOf(stack)].filter(isThere);
}
function duplicates(placed2, same, say) {
  const firsts = /* @__PURE__ */ new Map();
  return placed2.flatMap((entry) => {
    const first = firsts.get(same(entry));
    if (first === void 0) {
      firsts.set(same(entry), entry);
      return [];
    }
    return [{ path: entry.path, ...say(first) }];
  });
}
function checkDuplicates(stack) {
  const addresses2 = duplicates(
    addressesOf(stack),
    ({ address: address2 }) => address2.toString(),
    (first) => ({
      what: `is already the address of ${keyOf(first.path)}`,
      remedy: "Give each machine, and the virtual IP, an address of its own."
    })
  );
  const named2 = machinesOf(stack).flatMap(
    ({ path, name }) => name === void 0 ? [] : [{ path: [...path, "name"], name }]
  );
  const names2 = duplicates(
    named2,
    ({ name }) => name,
    (first) => ({
      what: `is already the name of ${keyOf(first.path)}`,
      remedy: "Give each machine its own host name. Each name must be unique."
    })
  );
  return [...addresses2, ...names2];
}
function checkUsable(stack) {
  return addressesOf(stack).flatMap(({ path, address: address2 }) => {
    const what = whyUnusable(address2);
    return what === void 0 ? [] : [{ path, what, remedy: "Set it to an address of the stack's own network." }];
  });
}
function checkVirtualIp(stack) {
  const vip = virtualIpOf(stack);
  const prefixLength = stack.virtualIp?.prefixLength;
  if (vip === void 0 || prefixLength === void 0) {
    return [];
  }
  const network2 = networkOf(vip.address, prefixLength);
  const last = lastOf(network2);
  const outside = machinesOf(stack).filter(({ path: [list] }) => list === "loadBalancers").flatMap(({ address: address2 }) => address2 === void 0 || contains(network2, address2.address) ? [] : [address2.address]);
  const mistakes = outside.length === 0 ? [] : [
    {
      path: vip.path,
      what: `is outside the load balancers' subnet: ${formatNetwork(network2)} does not contain ${outside.join(", ")}`,
      remedy: `Choose a free address of their subnet, or correct ${keyOf(["virtualIp", "prefixLength"])}.`
    }
  ];
  const edges = [
    [network2.first, "network address"],
    [last, "broadcast address"]
  ];
  const inside = addressesOf(stack).flatMap(
    ({ path, address: address2 }) => edges.filter(([edge]) => isSame(edge, address2)).map(([, name]) => ({
      path,
      what: `is the ${name} of ${formatNetwork(network2)}`,
      remedy: `Choose an address from ${moved(network2.first, 1).toString()} to ${moved(last, -1).toString()}.`
    }))
  );
  return [...mistakes, ...inside];
}
function checkInsideSubnets(stack) {
  const nameServers = (stack.endpoint?.nameServers ?? []).map(
    (text3, index) => placedAt(["endpoint", "nameServers", index], text3)
  );
  const all = [...addressesOf(stack), ...nameServers.filter(isThere)];
  return subnets.flatMap(([name, title]) => {
    const subnet = subnetOf(stack, name);
    const held = subnet === void 0 ? [] : all.filter(({ address: address2 }) => contains(subnet, address2));
    const list = held.map(({ path, address: address2 }) => `${keyOf(path)} (${address2.toString()})`).join(", ");
    return held.length === 0 ? [] : [
      {
        path: ["kubernetes", name],
        what: `contains addresses that pods then cannot reach: ${list}`,
        remedy: `Choose a ${title} that overlaps no network of the site.`
      }
    ];
  });
}
var nodePrefixLength = 24;
function checkSubnets(stack) {
  const pods2 = subnetOf(stack, "podSubnet");
  const services2 = subnetOf(stack, "serviceSubnet");
  const mistakes = [];
  if (pods2 !== void 0 && services2 !== void 0 && overlap(pods2, services2)) {
    mistakes.push({
      path: ["kubernetes", "podSubnet"],
      what: `overlaps the service subnet ${formatNetwork(services2)}`,
      remedy: `Choose two subnets that share no address, e.g. ${defaults2.podSubnet} and ${defaults2.serviceSubnet}.`
    });
  }
  const nodes2 = (stack.masters?.length ?? 0) + (stack.workers?.length ?? 0);
  const blocks = pods2 === void 0 ? Infinity : sizeOf(pods2) / 2 ** (32 - nodePrefixLength);
  if (blocks < Math.max(nodes2, 1)) {
    mistakes.push({
      path: ["kubernetes", "podSubnet"],
      what: `is too small: each of the ${nodes2} nodes takes a /${nodePrefixLength} of it`,
      remedy: `Choose a larger subnet, e.g. ${defaults2.podSubnet}.`
    });
  }
  if (services2 !== void 0 && (services2.prefixLength < 12 || services2.prefixLength > 28)) {
    mistakes.push({
      path: ["kubernetes", "serviceSubnet"],
      what: `is too ${services2.prefixLength < 12 ? "large" : "small"} for the API server`,
      remedy: `Choose a prefix length from 12 to 28, e.g. ${defaults2.serviceSubnet}.`
    });
  }
  return mistakes;
}
function checkNas(stack) {
  const nas2 = placedAt(["nas", "address"], stack.nas?.address);
  if (nas2 === void 0) return [];
  const host = addressesOf(stack).find(({ address: address2 }) => isSame(address2, nas2.address));
  const what = whyUnusable(nas2.address) ?? (host === void 0 ? void 0 : `is already the address of ${keyOf(host.path)}`);
  return what === void 0 ? [] : [{ path: nas2.path, what, remedy: "Set it to the NAS's own address." }];
}
function checkNetwork(stack) {
  return [checkDuplicates, checkUsable, checkVirtualIp, checkInsideSubnets, checkSubnets, checkNas].flatMap(
    (check) => check(stack)
  );
}

// settings/pipelines.ts
var import_node_path5 = require("node:path");

// grok/pipeline/file.ts
var import_node_fs8 = require("node:fs");
var import_yaml3 = require("yaml");

// grok/kept.ts
var Kept = class extends Map {
  /** @param most number of results */
  constructor(most) {
    super();
    this.most = most;
  }
  most;
  set(key, value) {
    if (this.size >= this.most) this.clear();
    return super.set(key, value);
  }
};

// grok/attributes.ts
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
var MOST_DIGITS = 40;
function wholeNumber(text3) {
  const value = Number(text3);
  return Number.isSafeInteger(value) || text3.length > MOST_DIGITS ? value : BigInt(text3.replace(/^\+/, ""));
}
var known2 = new Kept(1e3);

// grok/json.ts
var TOKENS = /"((?:[^"\\]|\\[^])*)(?:"(\s*:)?|\\?$)|(?<![\w.+-])-?\d{16,}(?![\d.eE])/g;
function parseJson(text3, { controlCharacters = false } = {}) {
  const hasLong = /\d{16}/.test(text3);
  if (!hasLong && !controlCharacters) return JSON.parse(text3);
  const prepared = text3.replace(TOKENS, (token, content, colon = "") => {
    if (content === void 0) return typeof wholeNumber(token) === "bigint" ? `"#${token}"` : token;
    const mark = hasLong && colon === "" ? "_" : "";
    return `"${mark}${controlCharacters ? content.replace(/[\u0000-\u001f]/g, escaped) : content}"${colon}`;
  });
  if (!hasLong) return JSON.parse(prepared);
  return JSON.parse(prepared, (_key, value) => {
    if (typeof value !== "string") return value;
    return value.startsWith("#") ? BigInt(value.slice(1)) : value.slice(1);
  });
}
function jsonMistake(text3) {
  const message = messageOf(text3);
  if (message === void 0) return void 0;
  const reason = message.replace(/ in JSON at position[^]*|, (\.\.\.)?"[^]*/, "");
  const position = / at position (\d+)/.exec(message)?.[1];
  return { reason, position: position === void 0 ? unexpectedToken(text3) : Number(position) };
}
function unexpectedToken(text3) {
  let [from, to] = [0, text3.length];
  while (from < to) {
    const middle = from + to >> 1;
    if (messageOf(text3.slice(0, middle + 1))?.startsWith("Unexpected token")) to = middle;
    else from = middle + 1;
  }
  return from;
}
function messageOf(text3) {
  try {
    JSON.parse(text3);
    return void 0;
  } catch (error) {
    return error.message;
  }
}
function escaped(char) {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

// grok/pipeline/shape.ts
var import_zod2 = require("zod");

// grok/nearest.ts
function nearest(name, known3) {
  const [best] = near(name, known3);
  return best === void 0 ? "" : `; did you mean ${best}?`;
}
function near(name, known3) {
  const most = Math.max(2, Math.floor(name.length / 3));
  return known3.map((each) => ({ each, changes: distance(name.toLowerCase(), each.toLowerCase()) })).filter(({ changes }) => changes <= most).sort((a, b) => a.changes - b.changes).map(({ each }) => each);
}
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}

// grok/pipeline/definition.ts
var import_zod = require("zod");
var text = import_zod.z.string();
var texts = import_zod.z.array(text).readonly();
var off = import_zod.z.boolean().default(false);
var on = import_zod.z.boolean().default(true);
var query = import_zod.z.object({ query: text });
var filter = query.default({ query: "*" });
var attributeOrTag = import_zod.z.enum(["attribute", "tag"]).default("attribute");
var named = { name: text.optional(), is_enabled: on };
var sources = { sources: texts };
var target = { target: text };
var sourceAndTarget = { source: text, ...target };
var grokParser = import_zod.z.object({
  type: import_zod.z.literal("grok-parser"),
  ...named,
  /** Attribute that holds the text, mostly `message`. */
  source: text,
  /** At most {@link MOST_SAMPLES}, of 1 to {@link LONGEST_SAMPLE} characters each. */
  samples: texts.default([]),
  grok: import_zod.z.object({ match_rules: text, support_rules: text.default("") })
});
var remapper = import_zod.z.object({
  type: import_zod.z.literal([
    "date-remapper",
    "status-remapper",
    "service-remapper",
    "message-remapper",
    "trace-id-remapper",
    "span-id-remapper"
  ]),
  ...named,
  ...sources
});
var attributeRemapper = import_zod.z.object({
  type: import_zod.z.literal("attribute-remapper"),
  ...named,
  ...sources,
  source_type: attributeOrTag,
  ...target,
  target_type: attributeOrTag,
  /** @default auto: the value keeps its type */
  target_format: import_zod.z.enum(["auto", "string", "integer", "double"]).optional(),
  /** Without it, the source is removed. */
  preserve_source: off,
  /** Without it, a target that exists keeps its value. */
  override_on_conflict: off
});
var categoryProcessor = import_zod.z.object({
  type: import_zod.z.literal("category-processor"),
  ...named,
  ...target,
  /** The target gets the name of the first category whose filter matches. */
  categories: import_zod.z.array(import_zod.z.object({ name: text, filter: query })).readonly()
});
var stringBuilder = import_zod.z.object({
  type: import_zod.z.literal("string-builder-processor"),
  ...named,
  /** Text with `%{attribute}` in it. */
  template: text,
  ...target,
  /** Use the empty text for a missing attribute. Without it, a missing attribute means that nothing is set. */
  is_replace_missing: off
});
var arithmetic = import_zod.z.object({
  type: import_zod.z.literal("arithmetic-processor"),
  ...named,
  /** Attributes, numbers, `+ - * /` and parentheses. */
  expression: text,
  ...target,
  /** Use 0 for a missing attribute. Without it, a missing attribute means that nothing is set. */
  is_replace_missing: off
});
var lookup = import_zod.z.object({
  type: import_zod.z.literal("lookup-processor"),
  ...named,
  ...sourceAndTarget,
  /** Lines `key,value`, as a list or as one text. */
  lookup_table: import_zod.z.union([texts, text], { error: "expected array of strings, or string" }).optional(),
  default_lookup: text.optional(),
  /** Name of a reference table, instead of `lookup_table`. */
  lookup_enrichment_table: text.optional()
}).refine(
  ({ lookup_table, lookup_enrichment_table }) => lookup_table !== void 0 || lookup_enrichment_table !== void 0,
  {
    path: ["lookup_table"],
    error: "is missing: give lookup_table, or lookup_enrichment_table with the name of a reference table"
  }
);
var urlParser = import_zod.z.object({
  type: import_zod.z.literal("url-parser"),
  ...named,
  ...sources,
  ...target,
  normalize_ending_slashes: off
});
var userAgentParser = import_zod.z.object({
  type: import_zod.z.literal("user-agent-parser"),
  ...named,
  ...sources,
  ...target,
  /** The header is percent-encoded. */
  is_encoded: off
});
var geoIpParser = import_zod.z.object({ type: import_zod.z.literal("geo-ip-parser"), ...named, ...sources, ...target });
var arrayProcessor = import_zod.z.object({
  type: import_zod.z.literal("array-processor"),
  ...named,
  operation: import_zod.z.discriminatedUnion(
    "type",
    [
      import_zod.z.object({ type: import_zod.z.literal("append"), ...sourceAndTarget, preserve_source: on }),
      import_zod.z.object({ type: import_zod.z.literal("length"), ...sourceAndTarget }),
      import_zod.z.object({
        type: import_zod.z.literal("select"),
        ...sourceAndTarget,
        /** Search syntax, applied to each item. */
        filter: text,
        /** Attribute to take from the first item that matches. */
        value_to_extract: text
      }),
      import_zod.z.object({
        type: import_zod.z.literal("key-value"),
        source: text,
        /** Attribute that gets the pairs. Without it, they are attributes of the log. */
        target: text.optional(),
        /** Attributes of each item: the name of an attribute, and its value. */
        key_to_extract: text,
        value_to_extract: text,
        /** Without it, an attribute that exists keeps its value. */
        override_on_conflict: off
      })
    ],
    { error: unknownType("operation", ["append", "length", "select", "key-value"]) }
  )
});
var decoder = import_zod.z.object({
  type: import_zod.z.literal("decoder-processor"),
  ...named,
  ...sourceAndTarget,
  binary_to_text_encoding: import_zod.z.enum(["base64", "base16"]),
  input_representation: import_zod.z.enum(["utf_8", "integer"])
});
var RESERVED = ["host", "source", "service", "status", "message", "timestamp"];
var excludeAttribute = import_zod.z.object({
  type: import_zod.z.literal("exclude-attribute"),
  ...named,
  attribute_to_exclude: text.refine((name) => !RESERVED.includes(name), {
    error: `the reserved attributes cannot be excluded: ${RESERVED.join(", ")}`
  })
});
var targetItem = {
  target: text.regex(/^\$targetElem(\.|$)/, "must be $targetElem, or start with $targetElem.")
};
var itemProcessors = [
  attributeRemapper.omit({ is_enabled: true, source_type: true, target_type: true }).extend(targetItem),
  stringBuilder.omit({ is_enabled: true }).extend(targetItem),
  arithmetic.omit({ is_enabled: true }).extend(targetItem),
  categoryProcessor.omit({ is_enabled: true }).extend(targetItem)
];
var arrayMap = import_zod.z.object({
  type: import_zod.z.literal("array-map-processor"),
  ...named,
  ...sourceAndTarget,
  preserve_source: on,
  /** Run on each of the first 50 items. `$sourceElem` is the item, other attributes are those of the log. */
  processors: import_zod.z.array(
    import_zod.z.discriminatedUnion("type", itemProcessors, {
      error: unknownType("processor of items", typesOf(itemProcessors))
    })
  ).min(1, "expected at least one processor").readonly()
}).refine(({ source, target: target2, preserve_source }) => preserve_source || source !== target2, {
  path: ["preserve_source"],
  error: "must not be false if source and target are the same"
});
var schemaRemapper = attributeRemapper.omit({ type: true, is_enabled: true, source_type: true, target_type: true }).extend({ type: import_zod.z.literal("schema-remapper") });
var schemaCategoryMapper = import_zod.z.object({
  type: import_zod.z.literal("schema-category-mapper"),
  name: text.optional(),
  /** The targets get the name and the id of the first category whose filter matches. */
  categories: import_zod.z.array(import_zod.z.object({ name: text, id: import_zod.z.number(), filter: query })).readonly(),
  targets: import_zod.z.object({ name: text.optional(), id: text.optional() }),
  /** For the targets, by their paths: the values with which the name is taken from a source instead. */
  fallback: import_zod.z.object({
    values: import_zod.z.record(text, text).optional(),
    /** The first source that exists is used. */
    sources: import_zod.z.record(text, texts).optional()
  }).optional()
});
var schemaProcessor = import_zod.z.object({
  type: import_zod.z.literal("schema-processor"),
  ...named,
  schema: import_zod.z.object({
    schema_type: import_zod.z.literal("ocsf", { error: 'expected "ocsf", the only schema that is known' }),
    version: text,
    class_uid: import_zod.z.number(),
    class_name: text,
    profiles: texts.optional()
  }),
  mappers: import_zod.z.array(
    import_zod.z.discriminatedUnion("type", [schemaRemapper, schemaCategoryMapper], {
      error: unknownType("mapper", ["schema-remapper", "schema-category-mapper"])
    })
  ).readonly()
});
var processorShapes = [
  grokParser,
  remapper,
  attributeRemapper,
  categoryProcessor,
  stringBuilder,
  arithmetic,
  lookup,
  urlParser,
  userAgentParser,
  geoIpParser,
  arrayProcessor,
  decoder,
  excludeAttribute,
  arrayMap,
  schemaProcessor
];
var nestedPipeline = import_zod.z.object({
  type: import_zod.z.literal("pipeline"),
  ...named,
  filter,
  processors: import_zod.z.array(import_zod.z.discriminatedUnion("type", processorShapes, { error: unknownType("processor", typesOf(processorShapes)) })).readonly().default([])
});
var processorShape = import_zod.z.discriminatedUnion("type", [...processorShapes, nestedPipeline], {
  error: unknownType("processor", [...typesOf(processorShapes), "pipeline"])
});
var pipelineShape = import_zod.z.object({
  ...named,
  name: text.min(1, "is empty"),
  filter,
  /** Required, although Datadog takes a pipeline without it: an object without it is mostly something else. */
  processors: import_zod.z.array(processorShape).readonly()
});
function typesOf(shapes) {
  return shapes.flatMap(({ shape }) => [...shape.type.values]);
}
function unknownType(what, types) {
  return ({ code, input }) => {
    if (code !== "invalid_union") return void 0;
    const { type } = input;
    if (type === "pipeline" && what === "processor") return "a nested pipeline cannot contain another pipeline";
    return typeof type === "string" ? `unknown ${what} type "${type}"${nearest(type, types)}` : `expected string, received ${type === null ? "null" : typeof type}`;
  };
}

// grok/pipeline/shape.ts
var RESULT_FIELDS = ["custom", "message", "tags", "timestamp", "status", "service", "trace_id", "span_id"];
var testsShape = import_zod2.z.array(
  withoutOthers({
    sample: import_zod2.z.string(),
    result: withoutOthers(Object.fromEntries(RESULT_FIELDS.map((name) => [name, import_zod2.z.unknown().optional()]))),
    service: import_zod2.z.string().optional(),
    tags: import_zod2.z.array(import_zod2.z.string()).optional()
  })
);
function withoutOthers(fields2) {
  return import_zod2.z.strictObject(fields2, {
    error: (issue) => issue.code === "unrecognized_keys" ? issue.keys.map((key) => `unknown field ${key}${nearest(key, Object.keys(fields2))}`).join(", ") : void 0
  });
}
var mistakesInPipeline = (pipeline3) => mistakesIn(pipelineShape, pipeline3, "");
var mistakesInTests = (tests) => mistakesIn(testsShape, tests, "tests");
function withTexts(value) {
  const { error } = pipelineShape.safeParse(value);
  const places = (error?.issues ?? []).filter((issue) => issue.code === "invalid_type" && issue.expected === "string");
  return places.reduce((result, { path }) => withTextAt(result, path), value);
}
function withTextAt(value, [part, ...rest]) {
  if (part === void 0) return /^(number|bigint|boolean)$/.test(typeof value) ? String(value) : value;
  const inside = withTextAt(value[part], rest);
  if (Array.isArray(value)) return value.map((item, index) => index === part ? inside : item);
  return inside === void 0 ? value : { ...value, [part]: inside };
}
var MOST_LISTED = 5;
function listed2(mistakes) {
  const more = mistakes.length > MOST_LISTED ? `; and ${mistakes.length - MOST_LISTED} more` : "";
  return mistakes.slice(0, MOST_LISTED).join("; ") + more;
}
function mistakesIn(shape, value, root) {
  const { error } = shape.safeParse(value);
  return error === void 0 ? [] : described(error, root);
}
function described({ issues }, root) {
  return issues.map(
    ({ path, message }) => `${pathText(path, root)}: ${message.replace(/^Invalid (input|option): /, "")}`
  );
}
function pathText(path, root = "") {
  return path.reduce(
    (text3, part) => typeof part === "number" ? `${text3}[${part}]` : `${text3}${text3 === "" ? "" : "."}${String(part)}`,
    root
  );
}

// grok/pipeline/file.ts
var PipelineFileError = class extends Error {
  constructor(message, samples = [], line) {
    super(message);
    this.samples = samples;
    this.line = line;
  }
  samples;
  line;
  name = "PipelineFileError";
};
var isYaml = (path) => /\.ya?ml$/i.test(path);
var reasonOf = (error) => error.code ?? error.message;
function readText(path) {
  let bytes;
  try {
    bytes = (0, import_node_fs8.readFileSync)(path);
  } catch (error) {
    throw new PipelineFileError(`cannot be read (${reasonOf(error)})`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PipelineFileError("is not valid UTF-8: save it as UTF-8");
  }
}
function readStructure(path) {
  const text3 = readText(path);
  return isYaml(path) ? readYaml(text3) : readJson(text3.replace(/^\ufeff/, ""));
}
function readYaml(text3) {
  const document = (0, import_yaml3.parseDocument)(text3, { intAsBigInt: true });
  const [problem] = [...document.errors, ...document.warnings];
  const line = problem?.linePos?.[0].line;
  if (problem?.code === "MULTIPLE_DOCS")
    throw new PipelineFileError("has more than one YAML document: keep one in each file", [], line);
  if (problem !== void 0) throw notYaml(problem, line);
  if (document.contents === null) throw new PipelineFileError("is empty: write a pipeline into it");
  try {
    return shortNumbers(document.toJS());
  } catch (error) {
    throw notYaml(error);
  }
}
function notYaml({ message }, line) {
  const [reason] = message.split("\n");
  return new PipelineFileError(`is not valid YAML: ${reason?.replace(/:$/, "")}`, [], line);
}
function readJson(text3) {
  try {
    return parseJson(text3);
  } catch (error) {
    const { reason, position } = jsonMistake(text3) ?? { reason: error.message, position: 0 };
    const lines = text3.slice(0, position).split("\n");
    const place2 = `line ${lines.length}, column ${lines.at(-1).length + 1}`;
    throw new PipelineFileError(`is not valid JSON: ${reason} at ${place2}`, [], lines.length);
  }
}
function shortNumbers(value) {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(shortNumbers);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shortNumbers(each)]));
}
function readPipelineFile(path) {
  const found = readStructure(path);
  if (!isObject(found) || !("tests" in found)) throw new PipelineFileError('has no list of "tests"');
  const samples = Array.isArray(found.tests) ? found.tests.map((test) => isObject(test) && typeof test.sample === "string" ? test.sample : "") : [];
  let pipeline3;
  try {
    pipeline3 = readPipeline(found);
  } catch (error) {
    throw new PipelineFileError(`does not contain a pipeline: ${error.message}`, samples);
  }
  const tests = Array.isArray(found.tests) ? found.tests.map(testWithoutNulls) : found.tests;
  const { tables } = found;
  const mistakes = [
    ...mistakesInPipeline(pipeline3),
    ...mistakesInTests(tests),
    ...tables === void 0 || tables === null ? [] : mistakesInTables(tables)
  ];
  if (mistakes.length > 0) throw new PipelineFileError(`is not a pipeline with tests: ${listed2(mistakes)}`, samples);
  return {
    pipeline: pipeline3,
    tests,
    ...isObject(tables) ? { tables } : {}
  };
}
function mistakesInTables(tables) {
  const isTables = isObject(tables) && Object.values(tables).every(isObject);
  return isTables ? [] : ['tables: expected {"TABLE": {"KEY": {"COLUMN": "VALUE"}}}'];
}
function testWithoutNulls(test) {
  if (!isObject(test)) return test;
  const { result, ...fields2 } = test;
  return { ...withoutNulls(fields2), ...isObject(result) ? { result: withoutNulls(result) } : { result } };
}
function withoutNulls(fields2) {
  return Object.fromEntries(Object.entries(fields2).filter(([, value]) => value !== null));
}
function readPipeline(json) {
  if (!isObject(json)) throw new Error("a pipeline is an object with a name, a filter and processors");
  if (isObject(json.pipeline)) return readPipeline({ name: json.name ?? null, ...withoutNulls(json.pipeline) });
  if (!Array.isArray(json.processors)) throw new Error('the pipeline has no list of "processors"');
  return withTexts(snakeCase(json));
}
var API_NAMES = {
  enabled: "is_enabled",
  encoded: "is_encoded",
  replaceMissing: "is_replace_missing"
};
var BY_PATH = ["values", "sources"];
function snakeCase(value) {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (!isObject(value)) return value;
  const name = (key) => API_NAMES[key] ?? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const inside = (key, each) => BY_PATH.includes(key) && isObject(each) ? each : snakeCase(each);
  return Object.fromEntries(Object.entries(withoutNulls(value)).map(([key, each]) => [name(key), inside(key, each)]));
}

// settings/pipelines.ts
var taken = { resource: "qnap-nas", inDatadog: "QNAP NAS" };
var nameOf = (path) => (0, import_node_path5.basename)(path, (0, import_node_path5.extname)(path));
function read2(path) {
  const why = whyUnreadable(path);
  if (why !== void 0) {
    return { why };
  }
  try {
    return { name: readPipelineFile(path).pipeline.name };
  } catch (error) {
    if (!(error instanceof PipelineFileError)) {
      throw error;
    }
    return { why: error.message };
  }
}
function checkPipelines({ datadog: datadog2 }) {
  const resources = [taken.resource];
  const holders = /* @__PURE__ */ new Map([[taken.inDatadog, "the NAS's own"]]);
  return (datadog2?.pipelines ?? []).flatMap((value, index) => {
    if (value === void 0) {
      return [];
    }
    const path = ["datadog", "pipelines", index];
    const resource = nameOf(value);
    const isTwice = resources.includes(resource);
    resources.push(resource);
    const { name, why } = read2(absolutePath(value));
    if (why !== void 0) {
      return [{ path, what: why, remedy: `Set it to a file that \`npm run grok -- test ${value}\` accepts.` }];
    }
    if (isTwice) {
      const what = `has a name that is taken: ${resource}`;
      return [{ path, what, remedy: "Rename the file; resources are named after it." }];
    }
    const holder = name === void 0 ? void 0 : holders.get(name);
    if (name !== void 0) {
      holders.set(name, holder ?? value);
    }
    return holder === void 0 ? [] : [
      {
        path,
        what: `has a pipeline with the name of ${holder}: ${name}`,
        remedy: "Give each pipeline a name of its own, by which Datadog's list tells them apart."
      }
    ];
  });
}

// components/haproxy-pair/defaults.ts
var defaults3 = {
  /** Path of HAProxy's stats socket. */
  statsSocket: "/run/haproxy.sock",
  connectTimeout: "50ms",
  /** Longer than an API server keeps a watch open. */
  clientTimeout: "24h",
  serverTimeout: "24h",
  checkInterval: "200ms",
  /** Connections that a load balancer accepts at once. */
  maxConnections: 3e4,
  /** TCP port on loopback, on which HAProxy reports to haproxy-watch which API servers are up. */
  healthPort: 8404,
  /** Prefix length of the load balancers' network. */
  prefixLength: 24,
  /** VRRP's virtual router id. */
  routerId: 33,
  vrrpVersion: 3,
  /** Seconds between adverts, for each version of VRRP. */
  advertInterval: { 2: 1, 3: 0.04 },
  preempt: false
};

// settings/ports.ts
var nodePorts = { first: 3e4, last: 32767 };
var dogStatsD = 8125;
function checkPorts({ endpoint: endpoint3, ssh: ssh2, nas: nas2, haproxy: haproxy3 }) {
  const port2 = endpoint3?.port;
  const health = haproxy3?.healthPort;
  const mistakes = [];
  const refuse = (path, what, remedy2) => mistakes.push({ path, what, remedy: remedy2 });
  const sshd = "is already the port of sshd on every host (kube-control:ssh.port)";
  const free = (usual2) => `Choose a free port; ${usual2} is the usual one.`;
  if (port2 !== void 0) {
    const path = ["endpoint", "port"];
    const remedy2 = free(defaults2.port);
    const taker = masterPorts.find((one) => one.port === port2);
    if (port2 === ssh2?.port) refuse(path, sshd, remedy2);
    if (taker !== void 0) refuse(path, `is already the port of ${taker.what} on the masters`, remedy2);
    if (port2 >= nodePorts.first && port2 <= nodePorts.last) {
      refuse(
        path,
        `lies among the node ports (${nodePorts.first}\u2013${nodePorts.last}) that Services take on every node`,
        remedy2
      );
    }
  }
  if (health !== void 0) {
    const path = ["haproxy", "healthPort"];
    const remedy2 = free(defaults3.healthPort);
    if (health === port2) refuse(path, "is already the port of the API servers (kube-control:endpoint.port)", remedy2);
    else if (health === ssh2?.port) refuse(path, sshd, remedy2);
  }
  if (nas2?.port === dogStatsD) {
    const what = "is already the port of DogStatsD, the agent's own metrics port";
    refuse(["nas", "port"], what, "Choose a free UDP port of the monitor.");
  }
  return mistakes;
}

// components/haproxy-pair/keepalived.ts
function whyUnfitPassword(password) {
  if (password.length < 1 || password.length > 8) {
    return `has ${password.length} characters: VRRP takes 1 to 8, and Keepalived cuts a longer password without a message`;
  }
  return /^[!#-[\]-~]*$/.test(password) ? void 0 : 'has a space, a " or \\, or a character outside ASCII';
}

// components/haproxy-pair/refusals.ts
function refusals3({ nodes: nodes2, apiServers: apiServers2, virtualIp: virtualIp3 }, nameOf2 = argumentName) {
  const all = nodes2 === void 0 ? [] : priorityClashes(nodes2, nameOf2);
  if (nodes2 !== void 0 && nodes2.length < 2) {
    all.push({
      path: ["nodes"],
      what: "has fewer than two load balancers",
      remedy: "List two or more, so that one may fail."
    });
  }
  if (apiServers2?.length === 0) {
    all.push({ path: ["apiServers"], what: "has no API server", remedy: "List the masters: name and address." });
  }
  return virtualIp3 === void 0 ? all : [...all, ...virtualIpMistakes(virtualIp3)];
}
function priorityClashes(nodes2, nameOf2) {
  const priorities = nodes2.map(({ priority }) => priority);
  return priorities.flatMap((priority, index) => {
    const first = priorities.indexOf(priority);
    return priority === void 0 || first === index ? [] : [
      {
        path: ["nodes", index, "priority"],
        what: `is already the VRRP priority of ${nameOf2(["nodes", first])}: both could hold the virtual IP`,
        remedy: "Give each load balancer its own priority, and the preferred one the highest."
      }
    ];
  });
}
function virtualIpMistakes({
  vrrpVersion = defaults3.vrrpVersion,
  password
}) {
  if (vrrpVersion !== 2 && vrrpVersion !== 3) {
    return [
      { path: ["virtualIp", "vrrpVersion"], what: `${vrrpVersion} is not a version of VRRP`, remedy: "Give 2 or 3." }
    ];
  }
  const path = ["virtualIp", "password"];
  if (vrrpVersion === 2 === (password !== void 0)) {
    return [];
  }
  return [
    password === void 0 ? { path, what: "is missing: VRRP version 2 is chosen", remedy: "Give 1 to 8 printable characters." } : {
      path,
      what: "is given, but VRRP version 3 has no passwords",
      remedy: "Remove it, or choose vrrpVersion 2."
    }
  ];
}

// settings/sections/machines.ts
var import_zod4 = require("zod");

// settings/fields.ts
var import_zod3 = require("zod");

// settings/placeholder.ts
var placeholderMistake = "still contains a placeholder";
function isPlaceholder(value) {
  return /REPLACE_ME|CHANGE_?ME|^<.*>$|^x+$|^todo$/i.test(value);
}

// settings/fields.ts
function refusal(what, remedy2) {
  return { message: what, params: { remedy: remedy2 } };
}
function text2(isRight, what, remedy2) {
  return explained((value) => isRight(value) ? void 0 : what, remedy2);
}
function explained(why, remedy2) {
  return import_zod3.z.string().check((context) => {
    const what = why(context.value);
    if (what !== void 0) {
      const reason = isPlaceholder(context.value) ? placeholderMistake : what;
      context.issues.push({ code: "custom", input: context.value, ...refusal(reason, remedy2) });
    }
  });
}
function wholeNumber2(minimum, maximum, remedy2) {
  return import_zod3.z.number().refine(
    (value) => Number.isInteger(value) && value >= minimum && value <= maximum,
    refusal(`is not a whole number from ${minimum} to ${maximum}`, remedy2)
  ).meta({ type: "integer", minimum, maximum });
}
function oneOfShapes(shapes, what, remedy2) {
  return import_zod3.z.custom((value) => shapes.safeParse(value).success, refusal(what, remedy2));
}
function someOf(entry, what, remedy2) {
  return import_zod3.z.array(entry).refine((entries) => entries.length > 0, refusal(what, remedy2));
}
var port = (usual2) => wholeNumber2(1, 65535, `Set it to a port number, e.g. ${usual2}.`);
var address = () => text2(
  (value) => parseAddress(value) !== void 0,
  "is not an IPv4 address",
  "Set it to four numbers from 0 to 255, e.g. 192.168.2.151."
);
var network = (usual2) => explained((value) => {
  const parsed = parseNetwork(value);
  if (parsed === void 0) {
    return "is not an IPv4 subnet";
  }
  return parsed.written.toString() === parsed.first.toString() ? void 0 : `is an address inside the subnet ${formatNetwork(parsed)}`;
}, `Set it to the subnet's first address and its prefix length, e.g. ${usual2}.`);
var hostName = () => explained(
  whyNoHostName,
  "Set it to the machine's short name in lower case: letters, digits, inner hyphens, e.g. k8s-master1."
).meta({ example: "k8s-master1" });
var domainName = (example) => explained(whyNoDomainName, `Set it to a fully qualified name in lower case, e.g. ${example}.`).meta({ example });
var urlText = /^[A-Za-z0-9._~:/[\]@!$&()*+,;=%-]+$/;
function whyNoUrl(value) {
  try {
    const url2 = new URL(value);
    if (!/^https?:$/.test(url2.protocol) || url2.hostname === "" || url2.username !== "" || url2.search !== "") {
      return "is not an http or https URL";
    }
    return urlText.test(value) ? void 0 : "has a blank, a control character or another one that is not allowed in a URL";
  } catch {
    return "is not an http or https URL";
  }
}
var url = (example) => explained(
  whyNoUrl,
  `Set it to a URL of scheme, host and path, without user, password, query or fragment, e.g. ${example}.`
).meta({
  example
});
var duration = (usual2) => explained((value) => {
  const [, amount, unit3] = /^(\d+)(us|ms|s|m|h|d)$/.exec(value) ?? [];
  if (amount === void 0 || unit3 === void 0) {
    return "is not a duration";
  }
  const seconds2 = Number(amount) * { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86400 }[unit3];
  return seconds2 > 0 && seconds2 <= 24 * 86400 ? void 0 : "is not a duration from 1us to 24d";
}, `Set it to a whole number and one of us, ms, s, m, h, d, e.g. ${usual2}.`).meta({ unit: "us, ms, s, m, h or d" });
var isPath = (value) => value.trim() !== "" && !new RegExp("\\p{Cc}", "u").test(value);
var filePath = (example) => text2(isPath, "is not a path", `Name a file, e.g. ${example}.`).meta({ example });
var timeZone = () => text2(
  (value) => {
    try {
      return /^[A-Za-z]/.test(value) && new Intl.DateTimeFormat("en", { timeZone: value }).format(0) !== "";
    } catch {
      return false;
    }
  },
  "is not a known time zone",
  "Set it to a name of the IANA time zone database, e.g. UTC or Asia/Singapore."
).meta({ example: "Asia/Singapore" });
var tag = () => text2(
  (value) => value.length <= 200 && new RegExp("^\\p{Ll}[\\p{Ll}\\p{Nd}_\\-:./]*[^:]$", "u").test(value),
  "is not a legal tag",
  "Begin with a letter; then lower-case letters, digits and _ - : . /, at most 200 characters, e.g. env:prod."
).meta({ example: "env:prod" });

// settings/sections/machines.ts
var machine = import_zod4.z.strictObject({
  name: hostName().meta({ description: "The machine's host name. For a node it is also the node's name in Kubernetes." }),
  address: address().meta({ description: "Its IPv4 address on the stack's network.", example: "192.168.2.151" })
});
var masters = import_zod4.z.array(machine).meta({
  description: "The control plane's nodes, an odd number. The first is initialised, the others join it."
});
var workers = import_zod4.z.array(machine).default([]).meta({
  description: "Nodes that run pods and nothing of the control plane."
});
var loadBalancers = import_zod4.z.array(
  machine.extend({
    priority: wholeNumber2(1, 254, "Give each load balancer a priority of its own; 255 is kept for an address's owner.").optional().meta({
      description: "VRRP priority. The highest takes the virtual IP first.",
      unset: "250, 240, 230 \u2026 in the order of the list",
      source: "https://www.rfc-editor.org/rfc/rfc9568"
    })
  })
).meta({ description: "The machines that run HAProxy and Keepalived, two or more." });
function defaultPriority(index) {
  return Math.max(1, 250 - 10 * index);
}
var monitor = machine.meta({ description: "The machine that runs the Datadog agent." });

// settings/redundancy.ts
function checkMasters({ masters: masters2 }) {
  const refused = refusals2({ nodes: masters2 }).map((refusal2) => ({ ...refusal2, path: ["masters"] }));
  const count = masters2?.length ?? 0;
  return count === 0 || count % 2 === 1 ? refused : [
    {
      path: ["masters"],
      what: `lists ${count} masters, an even number: ${count} etcd members survive no more failures than ${count - 1}`,
      remedy: `List ${count - 1} or ${count + 1}.`
    }
  ];
}
function checkLoadBalancers({ loadBalancers: loadBalancers2 }) {
  const nodes2 = loadBalancers2?.map((node2 = {}, index) => ({
    // an invalid priority is undefined, and is not compared
    priority: "priority" in node2 ? node2.priority : defaultPriority(index)
  }));
  const pathOf = ([, ...rest]) => ["loadBalancers", ...rest];
  return refusals3({ nodes: nodes2 }, (path) => keyOf(pathOf(path))).map((refusal2) => ({
    ...refusal2,
    path: pathOf(refusal2.path)
  }));
}
function checkAdverts({ virtualIp: virtualIp3 = {} }) {
  const { vrrpVersion, advertInterval: value } = virtualIp3;
  const path = ["virtualIp", "advertInterval"];
  const usual2 = defaults3.advertInterval[3];
  if (value === void 0 || vrrpVersion === void 0) {
    return [];
  }
  if (vrrpVersion === 2) {
    return Number.isInteger(value) && value >= 1 && value <= 255 ? [] : [
      {
        path,
        what: "is not whole seconds from 1 to 255, which is all that VRRP version 2 can express",
        remedy: `Set it to whole seconds, or choose ${keyOf(["virtualIp", "vrrpVersion"])} 3, which accepts ${usual2}.`
      }
    ];
  }
  const hundredths = value * 100;
  return value >= 0.01 && value <= 40.95 && Math.abs(hundredths - Math.round(hundredths)) < 1e-6 ? [] : [
    {
      path,
      what: "is not seconds from 0.01 to 40.95 in hundredths, which is what VRRP version 3 can express",
      remedy: `Set it to a number of seconds, e.g. ${usual2}; 0.1 is safer if hosts share their processors with others.`
    }
  ];
}
function checkElection({ kubernetes: kubernetes2 }) {
  const { heartbeatInterval: heartbeat, electionTimeout: election } = kubernetes2?.etcd ?? {};
  const usual2 = defaults2.etcd;
  return heartbeat === void 0 || election === void 0 || election >= 5 * heartbeat ? [] : [
    {
      path: ["kubernetes", "etcd", "electionTimeout"],
      what: `is less than five times ${keyOf(["kubernetes", "etcd", "heartbeatInterval"])}, ${heartbeat}: etcd does not start`,
      remedy: `Set it to ${5 * heartbeat} or more, or choose a shorter heartbeat. ${usual2.heartbeatInterval} and ${usual2.electionTimeout} suit members of one site, 100 and 1000 are etcd's own.`
    }
  ];
}
function checkRedundancy(stack) {
  return [checkMasters, checkLoadBalancers, checkAdverts, checkElection].flatMap((check) => check(stack));
}

// settings/schema.ts
var import_zod13 = require("zod");

// settings/sections/backup.ts
var import_zod5 = require("zod");
function ofBucket(name) {
  const { pattern, what, remedy: remedy2 } = s3Fields[name];
  return text2((value) => pattern.test(value), what, remedy2);
}
var s3 = import_zod5.z.strictObject({
  endpoint: ofBucket("endpoint").meta({
    description: "https URL of the S3 API, without the bucket.",
    source: "https://docs.aws.amazon.com/general/latest/gr/s3.html",
    example: "https://s3.eu-central-1.amazonaws.com"
  }),
  bucket: ofBucket("bucket").meta({ description: "Name of the bucket, which exists.", example: "cluster-backups" }),
  region: ofBucket("region").default(defaults.region).meta({
    description: "Region that signatures name."
  }),
  prefix: ofBucket("prefix").optional().meta({
    description: "Beginning of the objects' keys, without a slash at its end. Stacks that share a bucket need different ones.",
    example: "clusters/prod"
  }),
  accessKeyId: ofBucket("accessKeyId").meta({
    description: "Id of an access key with the permissions `s3:PutObject` and `s3:GetObject`. Its secret is `s3SecretAccessKey`.",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
    example: "AKIAIOSFODNN7EXAMPLE"
  })
}).meta({
  description: "A bucket with S3's API, to which the host of the copies uploads them. Objects are never deleted.",
  source: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html"
});
var backup = import_zod5.z.strictObject({
  recipients: import_zod5.z.array(explained(whyNoRecipient, recipientRemedy)).default([]).meta({
    description: "Public keys of age (`age1\u2026`): the owner of any of their identities can decrypt the archives. Without a key, no backup is made.",
    source: "https://age-encryption.org"
  }),
  keep: wholeNumber2(2, 200, `Set it to a number of archives, e.g. ${defaults.keep}.`).default(defaults.keep).meta({ description: "Archives of each master that stay on it, and on the host of the copies." }),
  intervalHours: import_zod5.z.union(intervals.map((hours) => import_zod5.z.literal(hours))).default(defaults.intervalHours).meta({
    description: "Time between two archives of a master. The masters take turns.",
    unit: "h",
    source: "https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html"
  }),
  copyTo: hostName().optional().meta({
    description: "Name of the host of the stack that gets a copy of each archive. Not a master.",
    unset: "the monitor",
    example: "monitor"
  }),
  s3: s3.optional()
}).prefault({}).meta({ description: "Backups of etcd and of the cluster's keys." });

// settings/sections/datadog.ts
var import_zod6 = require("zod");

// components/datadog-agent/defaults.ts
var defaults4 = {
  /** Datadog's site. The agent has the same default. */
  site: "datadoghq.com",
  agentImage: "datadog/agent:7",
  /** Seconds within which `agent status` must show every listener OK. */
  listeningSeconds: 120
};

// settings/sections/datadog.ts
var proxyManual = "https://docs.datadoghq.com/agent/configuration/proxy/";
var proxy = import_zod6.z.strictObject({
  http: url("http://192.168.2.3:3128").optional().meta({
    description: "URL of the proxy for http. Datadog's own addresses are all https.",
    source: proxyManual
  }),
  https: url("http://192.168.2.3:3128").optional().meta({
    description: "URL of the proxy for https.",
    source: proxyManual
  }),
  noProxy: import_zod6.z.array(
    text2(
      (value) => /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/.test(value),
      "is not a host",
      "Set it to a complete name or an address, e.g. 192.168.2.10 or proxy.local:8080; the agent supports no wildcards."
    )
  ).default([]).meta({
    description: "Hosts that are reached without it, as the agent's addresses name them. No wildcards.",
    source: proxyManual
  })
}).refine(({ http, https }) => http !== void 0 || https !== void 0, {
  message: "names no proxy",
  params: { remedy: "Set http, https or both to the proxy's URL, or remove the section." }
}).meta({ description: "The proxy between the monitor and Datadog." });
var sites = [
  defaults4.site,
  "us3.datadoghq.com",
  "us5.datadoghq.com",
  "datadoghq.eu",
  "ap1.datadoghq.com",
  "ap2.datadoghq.com",
  "uk1.datadoghq.com",
  "ddog-gov.com",
  "us2.ddog-gov.com"
];
var datadog = import_zod6.z.strictObject({
  site: text2(
    (value) => sites.includes(value),
    "is not a Datadog site",
    `Set it to the site parameter of the organisation's site, one of ${sites.join(", ")}.`
  ).default(defaults4.site).meta({
    description: "The organisation's Datadog site.",
    enum: sites,
    source: "https://docs.datadoghq.com/getting_started/site/"
  }),
  apiUrl: url("https://api.datadoghq.com").optional().meta({
    description: "Base URL of the API.",
    unset: "the site's"
  }),
  logsUrl: url("https://http-intake.logs.datadoghq.com").optional().meta({
    description: "URL of the logs intake.",
    unset: "the site's"
  }),
  explorerUrl: url("https://app.datadoghq.com").optional().meta({
    description: "Base URL of links to the Log Explorer.",
    unset: "the site's"
  }),
  notify: import_zod6.z.array(
    text2(
      (value) => /^@[^\s@{}\p{Cc}][^\s{}\p{Cc}]{0,199}$/u.test(value),
      "is not a notification handle",
      "Write it as in Datadog's messages, with @ as the first character: @anna@example.com, @slack-ops, @pagerduty-home."
    )
  ).default([]).meta({
    description: "Handles that the monitors notify: `@anna@example.com`, `@slack-ops`. Datadog shows their state anyway.",
    source: "https://docs.datadoghq.com/monitors/notify/"
  }),
  pipelines: import_zod6.z.array(filePath("pipelines/door.yaml")).default([]).meta({
    description: "Files with additional pipelines and their tests, in the format of `npm run grok -- test`: paths from the project's folder, or from home with `~/`. Each pipeline's resources are named after its file."
  }),
  agentImage: text2(
    (value) => /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/.test(value),
    "is not an image's name",
    `Set it to repository and tag, e.g. ${defaults4.agentImage}.`
  ).default(defaults4.agentImage).meta({ description: "The agent's image.", source: "https://hub.docker.com/r/datadog/agent" }),
  registryMirrors: import_zod6.z.array(url("http://192.168.2.10:5000")).default([]).meta({
    description: "Mirrors of Docker Hub for the monitor's Docker. With none, its settings stay as they are.",
    source: "https://docs.docker.com/docker-hub/image-library/mirror/"
  }),
  tags: import_zod6.z.array(tag()).default([]).meta({
    description: "Tags of everything that the agent sends.",
    source: "https://docs.datadoghq.com/getting_started/tagging/"
  }),
  proxy: proxy.optional(),
  agentMemory: wholeNumber2(256, 1048576, "Set it to a number of MiB: 512 is enough for an agent that collects logs.").optional().meta({
    description: "Memory limit of the agent's container.",
    unit: "MiB",
    unset: "no limit",
    source: "https://docs.docker.com/engine/containers/resource_constraints/"
  })
}).prefault({}).meta({ description: "The Datadog organisation, and the agent on the monitor." });

// settings/sections/endpoint.ts
var import_zod7 = require("zod");

// components/dns-record/defaults.ts
var defaults5 = {
  /** Seconds for which resolvers may cache the record. */
  ttl: 60,
  comment: "kube-control: API servers",
  rfc2136: {
    /** UDP and TCP port of a name server. */
    port: 53,
    keyAlgorithm: "hmac-sha256"
  }
};

// settings/sections/endpoint.ts
var cloudflare = import_zod7.z.strictObject({
  zoneId: text2(
    // an earlier example stack had only zeros as placeholder
    (value) => /^[0-9a-f]{32}$/.test(value) && !/^0+$/.test(value),
    "is not a Cloudflare zone id",
    "Set it to the 32 hexadecimal digits from the zone's overview page in Cloudflare's dashboard, in quotes."
  ).meta({
    description: "The zone's id: 32 hexadecimal digits, on the zone's overview page. Write it in quotes.",
    source: "https://developers.cloudflare.com/fundamentals/account/find-account-and-zone-ids/"
  }),
  baseUrl: url("https://api.cloudflare.com/client/v4").optional().meta({
    description: "Base URL of the API.",
    unset: "Cloudflare's own"
  })
}).meta({ description: "Cloudflare serves the zone. Excludes `rfc2136`." });
var rfc2136 = import_zod7.z.strictObject({
  server: address().meta({ description: "IPv4 address of the name server that takes the updates." }),
  port: port(defaults5.rfc2136.port).default(defaults5.rfc2136.port).meta({
    description: "Port of that name server."
  }),
  zone: domainName("kacangisnuts.com").meta({ description: "The zone that has the name." }),
  keyName: text2(
    (value) => /^[A-Za-z0-9]([A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/.test(value),
    "is not a legal key name",
    "Set it to the name of the TSIG key as the name server knows it, without a dot at the end."
  ).meta({
    description: "Name of the TSIG key. Its secret is `tsigSecret`.",
    source: "https://www.rfc-editor.org/rfc/rfc8945"
  }),
  keyAlgorithm: import_zod7.z.enum(["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]).default(defaults5.rfc2136.keyAlgorithm).meta({ description: "Algorithm of the TSIG key." })
}).meta({
  description: "A name server that takes dynamic updates serves the zone. Excludes `cloudflare`.",
  source: "https://www.rfc-editor.org/rfc/rfc2136"
});
var endpoint = import_zod7.z.strictObject({
  fqdn: domainName("kube-control.kacangisnuts.com").meta({
    description: "The control plane's fully qualified name. It cannot be changed once there is a cluster.",
    source: "https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/high-availability/"
  }),
  port: port(defaults2.port).default(defaults2.port).meta({
    description: "TCP port of the API servers and of the load balancers."
  }),
  ttl: wholeNumber2(
    1,
    86400,
    `Set it to a number of seconds; with ${defaults5.ttl}, every resolver has the virtual IP a minute after the swap.`
  ).default(defaults5.ttl).meta({
    description: "How long resolvers may keep the record. Cloudflare takes 30 or more, or 1 for its own choice.",
    unit: "s"
  }),
  provider: import_zod7.z.enum(["cloudflare", "rfc2136"]).optional().meta({
    description: "Who serves the zone.",
    unset: "the one that has a section"
  }),
  cloudflare: cloudflare.optional(),
  rfc2136: rfc2136.optional(),
  nameServers: import_zod7.z.array(address()).default([]).meta({
    description: "IPv4 addresses of authoritative name servers that must answer with a new address before a change is done. kube-control also queries each host's resolver."
  })
}).meta({ description: "The control plane's name, and who serves its DNS zone." });

// settings/sections/kubernetes.ts
var import_zod9 = require("zod");

// settings/sections/static-pods.ts
var import_zod8 = require("zod");
var kubeadm = "https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/";
var reference = "https://kubernetes.io/docs/reference/command-line-tools-reference";
var scalar = import_zod8.z.union([import_zod8.z.string(), import_zod8.z.number(), import_zod8.z.boolean()]);
var extraArgs = (source, example) => import_zod8.z.record(
  import_zod8.z.string(),
  oneOfShapes(
    import_zod8.z.union([scalar, import_zod8.z.array(scalar)]),
    "is not the value of a flag",
    "Set it to a text, a number, true or false, or to a list of these for a flag that is given several times."
  )
).optional().meta({
  description: "Additional flags by name, without dashes. A list gives a flag several times. Flags that kube-control or kubeadm decides are refused. No secrets: the state and process lists show the values.",
  example,
  source
});
var extraEnvs = import_zod8.z.record(import_zod8.z.string(), import_zod8.z.string()).optional().meta({ description: "Additional environment variables. No secrets.", example: "{GOGC: '200'}", source: kubeadm });
var extraVolumes = import_zod8.z.array(
  import_zod8.z.strictObject({
    name: import_zod8.z.string().meta({ description: "Name of the volume, unique in the pod.", example: "oidc-ca" }),
    hostPath: import_zod8.z.string().meta({ description: "Absolute path on each master.", example: "/etc/oidc" }),
    mountPath: import_zod8.z.string().meta({ description: "Absolute path in the container.", example: "/etc/oidc" }),
    readOnly: import_zod8.z.boolean().default(true).meta({ description: "Whether the container may only read." }),
    pathType: import_zod8.z.enum([PathType.DirectoryOrCreate, PathType.Directory, PathType.FileOrCreate, PathType.File]).optional().meta({ description: "What `hostPath` must be, or what kubelet creates.", unset: "not checked" })
  })
).optional().meta({
  description: "Folders and files of the masters in the component's container. kube-control does not write them.",
  source: kubeadm
});
var audit = import_zod8.z.strictObject({
  enabled: import_zod8.z.boolean().default(false).meta({
    description: "Write an audit log on each master. The load balancers' log then also has the source port of each connection to an API server (docs/operations.md).",
    source: "https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/"
  }),
  policy: filePath("kubernetes/audit-policy.yaml").optional().meta({
    description: "YAML file with the audit policy.",
    unset: "who did what, without bodies of requests, health checks, leases and events",
    source: "https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/"
  }),
  log: import_zod8.z.strictObject({
    path: import_zod8.z.string().default(defaults2.auditLog.path).meta({
      description: "The file on each master, below /var/log/kubernetes/audit."
    }),
    maxAgeDays: wholeNumber2(0, 3650, `Set it to a number of days: ${defaults2.auditLog.maxAgeDays}, or 0 for no limit.`).default(defaults2.auditLog.maxAgeDays).meta({ description: "Rotated files are deleted after this time; 0: never.", unit: "days" }),
    maxBackups: wholeNumber2(0, 1e3, `Set it to a number of files: ${defaults2.auditLog.maxBackups}, or 0 for no limit.`).default(defaults2.auditLog.maxBackups).meta({ description: "Rotated files that are kept; 0: all.", unit: "files" }),
    maxSizeMB: wholeNumber2(1, 10240, `Set it to a number of megabytes, e.g. ${defaults2.auditLog.maxSizeMB}.`).default(defaults2.auditLog.maxSizeMB).meta({ description: "Size at which the file is rotated.", unit: "MB" })
  }).prefault({}).meta({ description: "The log's file and its rotation.", source: `${reference}/kube-apiserver/` })
}).optional().meta({ description: "The audit log of the API servers." });
var apiServer2 = import_zod8.z.strictObject({
  extraArgs: extraArgs(`${reference}/kube-apiserver/`, "{max-requests-inflight: 800}"),
  extraVolumes,
  extraEnvs,
  audit,
  authentication: filePath("kubernetes/authentication.yaml").optional().meta({
    description: "YAML file with an AuthenticationConfiguration, e.g. for OIDC. Excludes flags `oidc-\u2026`. It must contain no secret.",
    source: "https://kubernetes.io/docs/reference/access-authn-authz/authentication/"
  }),
  admission: filePath("kubernetes/admission.yaml").optional().meta({
    description: "YAML file with an AdmissionConfiguration. It must contain no secret.",
    source: "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/"
  })
}).optional().meta({ description: "Additions to the API servers." });
var controllerManager2 = import_zod8.z.strictObject({
  extraArgs: extraArgs(`${reference}/kube-controller-manager/`, "{terminated-pod-gc-threshold: 1000}"),
  extraVolumes,
  extraEnvs
}).optional().meta({ description: "Additions to the controller managers." });
var scheduler2 = import_zod8.z.strictObject({
  extraArgs: extraArgs(`${reference}/kube-scheduler/`, "{kube-api-qps: 100}"),
  extraVolumes,
  extraEnvs
}).optional().meta({ description: "Additions to the schedulers." });
var etcd2 = import_zod8.z.strictObject({
  heartbeatInterval: wholeNumber2(10, 1e4, `Set it to a number of milliseconds: ${defaults2.etcd.heartbeatInterval} within one site.`).default(defaults2.etcd.heartbeatInterval).meta({
    description: "Time between the leader's heartbeats.",
    unit: "ms",
    source: "https://etcd.io/docs/v3.6/tuning/"
  }),
  electionTimeout: wholeNumber2(50, 5e4, `Set it to a number of milliseconds: ${defaults2.etcd.electionTimeout} within one site.`).default(defaults2.etcd.electionTimeout).meta({
    description: "Time without a heartbeat after which a member stands for election: five heartbeats or more.",
    unit: "ms",
    source: "https://etcd.io/docs/v3.6/tuning/"
  }),
  extraArgs: extraArgs("https://etcd.io/docs/v3.6/op-guide/configuration/", "{quota-backend-bytes: 8589934592}"),
  extraEnvs
}).prefault({}).meta({ description: "etcd's timers, and additions to etcd." });

// settings/sections/kubernetes.ts
var kubeadm2 = "https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/";
var containerdManual = "https://github.com/containerd/containerd/blob/main/docs/cri/config.md";
var repository = import_zod9.z.strictObject({
  url: url("https://pkgs.k8s.io/core:/stable:/v1.37/deb/").optional().meta({
    description: "A flat apt repository with kubeadm, kubelet and kubectl.",
    unset: "pkgs.k8s.io's of `kubernetes.version`",
    source: "https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/install-kubeadm/"
  }),
  key: text2(
    (value) => value.includes("-----BEGIN PGP PUBLIC KEY BLOCK-----") && !new RegExp("\\p{Cc}", "u").test(value.replaceAll(/\r?\n|\t/g, "")),
    "is not an ASCII-armoured public key",
    "Set it to the text that begins with -----BEGIN PGP PUBLIC KEY BLOCK-----, or set keyUrl instead."
  ).optional().meta({
    description: "The repository's public key as ASCII-armoured text. Excludes `keyUrl`."
  }),
  keyUrl: url("https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key").optional().meta({
    description: "Where hosts fetch that key.",
    unset: "`Release.key` in the repository"
  }),
  keyFingerprint: text2(
    (value) => /^[0-9A-Fa-f]{40}$/.test(value.replaceAll(" ", "")),
    "is not a key's fingerprint",
    "Set it to the key's 40 hexadecimal digits, as gpg --show-keys prints them."
  ).optional().meta({
    description: "The fingerprint that the key must have: 40 hexadecimal digits. The hosts check it.",
    unset: "that of pkgs.k8s.io's key for a key from there, otherwise any"
  })
}).prefault({}).meta({ description: "Where the hosts get Kubernetes' packages." });
var cni = import_zod9.z.strictObject({
  name: import_zod9.z.enum(["flannel", "none", "manifest"]).default(defaults2.cni).meta({
    description: "The pod network: flannel, the user's own by a manifest, or none, and then nodes are not Ready until there is one.",
    source: "https://kubernetes.io/docs/concepts/cluster-administration/addons/"
  }),
  manifest: filePath("cni/manifest.yaml").optional().meta({
    description: "YAML file with the network's manifest, where `name` is `manifest`."
  })
}).prefault({}).meta({ description: "The pod network." });
var scalars = import_zod9.z.record(import_zod9.z.string(), import_zod9.z.union([import_zod9.z.string(), import_zod9.z.number(), import_zod9.z.boolean()]));
var anyFields = import_zod9.z.record(import_zod9.z.string(), import_zod9.z.json());
var containerd = import_zod9.z.strictObject({
  mirrors: import_zod9.z.record(
    import_zod9.z.string(),
    someOf(
      url("http://192.168.2.10:5000"),
      "names no mirror",
      "List at least one URL, or remove the registry."
    )
  ).default({}).meta({
    description: "Mirrors of each registry, asked in turn: `registry.k8s.io: [http://192.168.2.10:5000]`.",
    source: "https://github.com/containerd/containerd/blob/main/docs/hosts.md"
  }),
  cri: scalars.default({}).meta({
    description: "Additional keys of the CRI plugin's section in config.toml.",
    source: containerdManual
  }),
  runtime: scalars.default({}).meta({
    description: "Additional keys of the section of the runtime runc.",
    source: containerdManual
  }),
  runcOptions: scalars.default({}).meta({
    description: "Additional options of runc. `SystemdCgroup` is set already.",
    source: containerdManual
  }),
  binDir: text2(
    (value) => /^\/[\w./-]+$/.test(value),
    "is not an absolute path",
    `Set it to the folder with the CNI plugins, e.g. ${defaults2.binDir}.`
  ).default(defaults2.binDir).meta({ description: "Folder of the CNI plugins.", source: containerdManual })
}).prefault({}).meta({ description: "containerd on every node." });
var certificateName = text2(
  (value) => /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(value),
  "is neither a name nor an IPv4 address",
  "Set it to a DNS name in lower case or to an IPv4 address, e.g. k8s.example.com."
).meta({ example: "k8s.example.com" });
var kubernetes = import_zod9.z.strictObject({
  version: text2(
    (value) => /^v1\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.test(value),
    "is not a Kubernetes version",
    `Set it to a complete version, e.g. ${defaults2.version}.`
  ).default(defaults2.version).meta({
    description: "Version of every Kubernetes component. Name it: a later version of kube-control may have another default. A newer patch version, or the next minor version, upgrades a running cluster.",
    source: "https://kubernetes.io/releases/"
  }),
  podSubnet: network(defaults2.podSubnet).default(defaults2.podSubnet).meta({
    description: "IPv4 network of the pods. It may not overlap a network of the site.",
    source: kubeadm2
  }),
  serviceSubnet: network(defaults2.serviceSubnet).default(defaults2.serviceSubnet).meta({
    description: "IPv4 network of the Services. It may not overlap a network of the site.",
    source: kubeadm2
  }),
  repository,
  imageRepository: text2(
    (value) => /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/.test(value),
    "is not an image repository",
    `Set it to a registry and a path without a scheme, e.g. ${defaults2.imageRepository}.`
  ).default(defaults2.imageRepository).meta({ description: "Registry and path of the control plane's images.", source: kubeadm2 }),
  cni,
  kubelet: anyFields.default({}).meta({
    description: "Additional fields of every node's KubeletConfiguration.",
    source: "https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/"
  }),
  kubeProxy: anyFields.default({}).meta({
    description: "Additional fields of KubeProxyConfiguration.",
    source: "https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/"
  }),
  containerd,
  encryptionAtRest: import_zod9.z.boolean().default(defaults2.encryptionAtRest).meta({
    description: "Encrypt Secrets in etcd, with a key that never leaves the masters.",
    source: "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/"
  }),
  encryptionKeyGeneration: wholeNumber2(1, 1e6, "Set it to a whole number: one more than before rotates the key.").optional().meta({
    description: "Number of the key that encrypts Secrets. Raise it by one to rotate the key, and set it to 2 to turn on the encryption of a running cluster (docs/operations.md).",
    unset: "1",
    source: "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#rotating-a-decryption-key"
  }),
  certificateNames: import_zod9.z.array(certificateName).optional().meta({
    description: "Further names and addresses in the certificates of the API servers, e.g. those of a proxy in front of the stack.",
    source: kubeadm2
  }),
  apiServer: apiServer2,
  controllerManager: controllerManager2,
  scheduler: scheduler2,
  etcd: etcd2,
  certificateValidity: text2(
    (value) => isValidity(value),
    "is not a duration from 30m to 87600h",
    `Set it to whole hours or minutes, e.g. ${defaults2.certificateValidity}.`
  ).optional().meta({
    description: "Validity of the certificates that kubeadm and the controller manager issue. A timer on each master renews those of kubeadm that have less than a third of it left; kubelets renew their own.",
    unit: "m or h",
    unset: defaults2.certificateValidity,
    source: "https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/"
  }),
  drainTimeout: wholeNumber2(10, 3600, `Set it to whole seconds, e.g. ${defaults2.drainTimeout}.`).default(defaults2.drainTimeout).meta({
    description: "Time within which the pods of a node must have moved to other nodes before the node is upgraded. After that, the node is not changed.",
    unit: "s",
    source: "https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/"
  }),
  concurrentWorkers: wholeNumber2(1, 100, `Set it to a number of workers, e.g. ${defaults2.concurrentWorkers}.`).default(defaults2.concurrentWorkers).meta({ description: "Workers that are upgraded at the same time." }),
  shutdownDelay: wholeNumber2(
    0,
    60,
    `Set it to whole seconds: ${defaults2.shutdownDelay} is enough with the default haproxy.checkInterval.`
  ).default(defaults2.shutdownDelay).meta({
    description: "How long an API server that is told to stop continues to serve, while `/readyz` already fails. In that time, load balancers send it no new connections.",
    unit: "s",
    source: "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/"
  })
}).meta({ description: "Versions, networks and packages of the cluster." });

// settings/sections/load-balancing.ts
var import_zod10 = require("zod");
var vrrp = "https://www.rfc-editor.org/rfc/rfc9568";
var keepalived = "https://www.keepalived.org/manpage.html";
var haproxyManual = (keyword) => `https://docs.haproxy.org/2.6/configuration.html#${keyword}`;
var virtualIp = import_zod10.z.strictObject({
  address: address().meta({
    description: "The IPv4 address that moves between the load balancers: a free one, outside any DHCP range.",
    example: "192.168.2.140"
  }),
  prefixLength: wholeNumber2(8, 30, `Set it to the prefix length of the load balancers' network, e.g. ${defaults3.prefixLength}.`).default(defaults3.prefixLength).meta({ description: "Prefix length of the load balancers' network." }),
  routerId: wholeNumber2(1, 255, `Choose an id from 1 to 255, e.g. ${defaults3.routerId}.`).default(defaults3.routerId).meta({
    description: "VRRP's virtual router id. Another stack of the network may have the same one, because adverts are unicast.",
    source: vrrp
  }),
  vrrpVersion: import_zod10.z.union([import_zod10.z.literal(2), import_zod10.z.literal(3)]).default(defaults3.vrrpVersion).meta({
    description: "VRRP's version. 3 has intervals below a second and no password; 2 needs `vrrpPassword`.",
    source: vrrp
  }),
  advertInterval: import_zod10.z.number().optional().meta({
    description: "Time between adverts: hundredths of a second with version 3, whole seconds with version 2.",
    unit: "s",
    unset: `${defaults3.advertInterval[3]}; ${defaults3.advertInterval[2]} with version 2`,
    source: keepalived
  }),
  preempt: import_zod10.z.boolean().default(defaults3.preempt).meta({
    description: "The load balancer of the highest priority takes the virtual IP back when it returns.",
    source: keepalived
  })
}).meta({ description: "The address that the load balancers share." });
var haproxy = import_zod10.z.strictObject({
  statsSocket: text2(
    (value) => /^\/[\w./-]{1,100}$/.test(value),
    "is not a path for a socket",
    `Set it to an absolute path of at most 100 characters, e.g. ${defaults3.statsSocket}.`
  ).default(defaults3.statsSocket).meta({
    description: "Path of the stats socket, which only root may open.",
    source: haproxyManual("3.1-stats%20socket")
  }),
  connectTimeout: duration(defaults3.connectTimeout).default(defaults3.connectTimeout).meta({
    description: "How long an API server may take to accept a connection before another one is tried.",
    source: haproxyManual("4.2-timeout%20connect")
  }),
  clientTimeout: duration(defaults3.clientTimeout).default(defaults3.clientTimeout).meta({
    description: "How long a client may send nothing. A watch may send nothing for hours.",
    source: haproxyManual("4.2-timeout%20client")
  }),
  serverTimeout: duration(defaults3.serverTimeout).default(defaults3.serverTimeout).meta({
    description: "How long an API server may send nothing.",
    source: haproxyManual("4.2-timeout%20server")
  }),
  checkInterval: duration(defaults3.checkInterval).default(defaults3.checkInterval).meta({
    description: "How often each API server is asked for `/readyz`.",
    source: haproxyManual("5.2-inter")
  }),
  maxConnections: wholeNumber2(
    100,
    32e3,
    "Set it to at most 32000: each connection takes two of the 65536 file descriptors that HAProxy may open."
  ).default(defaults3.maxConnections).meta({
    description: "Connections that each load balancer takes at once; further ones wait. Fewer need less memory.",
    source: haproxyManual("4.2-maxconn")
  }),
  healthPort: port(defaults3.healthPort).default(defaults3.healthPort).meta({
    description: "TCP port on each load balancer's loopback where HAProxy tells which API servers are up."
  })
}).prefault({}).meta({ description: "HAProxy's timeouts, socket and port." });

// settings/sections/nas.ts
var import_zod11 = require("zod");

// components/datadog-log-pipeline/defaults.ts
var defaults6 = {
  site: defaults4.site,
  service: "qnap-nas",
  /** Time zone of the NAS. */
  timezone: "UTC",
  /** Number of failed logins from one address within five minutes that alerts. */
  failedLogins: 5,
  /** Minutes without a log that alert. */
  silentMinutes: 60
};

// settings/sections/nas.ts
var usual = { port: 15141, source: "qnap" };
var word = (example) => text2(
  (value) => /^[a-z][a-z0-9_.-]{0,99}$/.test(value),
  "is not a legal name in Datadog",
  `Set it to lower-case letters, digits and _ - . with a letter first, e.g. ${example}.`
);
var another = import_zod11.z.string().min(1);
var place = import_zod11.z.union([
  import_zod11.z.enum(["first", "last"]),
  import_zod11.z.strictObject({ before: another }),
  import_zod11.z.strictObject({ after: another })
]);
var nas = import_zod11.z.strictObject({
  address: address().optional().meta({
    description: "The NAS's IPv4 address. Lines from other addresses are dropped.",
    unset: "any address, and a preview warns of it"
  }),
  port: port(usual.port).default(usual.port).meta({
    description: "UDP port on the monitor that the NAS sends its log to."
  }),
  service: word(defaults6.service).default(defaults6.service).meta({
    description: "Datadog's `service` of these logs.",
    source: "https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/"
  }),
  source: word(usual.source).default(usual.source).meta({ description: "Datadog's `source` of these logs." }),
  tags: import_zod11.z.array(tag()).default(["cloud_provider:vsphere", "availability_zone:sgp1", "env:prod", "vendor:qnap"]).meta({ description: "Tags of these logs." }),
  timezone: timeZone().default(defaults6.timezone).meta({
    description: "Zone of the NAS's clock, as an IANA name: its lines contain no zone.",
    source: "https://www.iana.org/time-zones"
  }),
  failedLogins: wholeNumber2(1, 1e4, `Set it to a number that a forgetful user stays below, e.g. ${defaults6.failedLogins}.`).default(defaults6.failedLogins).meta({ description: "Failed logins from one address within five minutes that raise an alert." }),
  silentMinutes: wholeNumber2(
    1,
    2880,
    "Set it to a number of minutes that is longer than the NAS's own quiet times: 60 is an hour, 2880 two days."
  ).default(defaults6.silentMinutes).meta({ description: "Time without a line that raises an alert.", unit: "min" }),
  pipelineOrder: oneOfShapes(
    place,
    "is not a place among pipelines",
    "Set it to first, last, { before: X } or { after: X }, where X is another pipeline's id or its exact name."
  ).optional().meta({
    description: "Place of the NAS's pipeline among the organisation's: `first`, `last`, `{ before: X }` or `{ after: X }`, where X is another pipeline's id or exact name.",
    unset: "the order stays unchanged",
    source: "https://docs.datadoghq.com/api/latest/logs-pipelines/"
  })
}).prefault({}).meta({ description: "The NAS's log, and what raises an alert." });

// settings/sections/secrets.ts
var values = {
  cloudflareApiToken: "an API token that may edit the zone's DNS records",
  tsigSecret: "the base64 secret of the TSIG key",
  vrrpPassword: "the password of VRRP version 2, 1 to 8 printable characters",
  s3SecretAccessKey: "the secret part of the access key in backup.s3.accessKeyId",
  datadogApiKey: "an API key of the organisation",
  datadogAppKey: "an application key that may write logs configuration, metrics, dashboards and monitors"
};
var secretNames = Object.keys(values);
function setCommand(key) {
  return `pulumi config set --secret ${namespace}:${key}`;
}
var howToSet = (key) => `Run \`${setCommand(key)}\` and enter ${values[key]}.`;
function whyNoToken(value) {
  if (/\s/.test(value)) {
    return "contains white space";
  }
  return /^[!-~]*$/.test(value) ? void 0 : "has a character that is not printable ASCII";
}
function whyNoCloudflareToken(value) {
  return /^[0-9a-f]{37}$/.test(value) ? "is a Global API Key, which is not an API token" : whyNoToken(value);
}
function whyNoBase64(value) {
  return /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value) ? void 0 : "is not base64";
}
function secret2(key, { needed: needed3, why, more = "", source }) {
  const what = values[key];
  return explained(
    (value) => why === void 0 ? void 0 : isPlaceholder(value) ? placeholderMistake : why(value),
    `${howToSet(key)}${more}`
  ).optional().meta({ description: `${what[0]?.toUpperCase()}${what.slice(1)}.`, unset: needed3, source, secret: true });
}
var needed = "required";
var secrets = {
  cloudflareApiToken: secret2("cloudflareApiToken", {
    needed: "required with `endpoint.cloudflare`",
    why: whyNoCloudflareToken,
    source: "https://developers.cloudflare.com/fundamentals/api/get-started/create-token/"
  }),
  tsigSecret: secret2("tsigSecret", {
    needed: "required with `endpoint.rfc2136`",
    why: whyNoBase64,
    more: " It is the `secret` of the key's file (tsig-keygen).",
    source: "https://www.rfc-editor.org/rfc/rfc8945"
  }),
  // settings/secrets.ts checks its text, if VRRP version 2 is used
  vrrpPassword: secret2("vrrpPassword", {
    needed: "required with `virtualIp.vrrpVersion` 2",
    source: "https://www.keepalived.org/manpage.html"
  }),
  s3SecretAccessKey: secret2("s3SecretAccessKey", {
    needed: "required with `backup.s3`",
    why: whyNoToken,
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html"
  }),
  datadogApiKey: secret2("datadogApiKey", {
    needed,
    why: whyNoToken,
    source: "https://docs.datadoghq.com/account_management/api-app-keys/"
  }),
  datadogAppKey: secret2("datadogAppKey", {
    needed,
    why: whyNoToken,
    source: "https://docs.datadoghq.com/account_management/api-app-keys/"
  })
};

// settings/sections/ssh.ts
var import_zod12 = require("zod");
var loginName = () => text2(
  (value) => /^[a-z_][a-z0-9_.-]{0,31}$/.test(value),
  "is not a legal user name",
  "Set it to the login name that every host knows, e.g. ops."
).meta({ example: "ops" });
var proxyJump = import_zod12.z.strictObject({
  host: text2(isDialled, "is not a host", "Set it to the jump host's IPv4 address or its name, e.g. bastion.example.com.").meta({
    description: "Address or name of the jump host. known_hosts has its key too.",
    example: "bastion.example.com"
  }),
  port: port(sshPort).default(sshPort).meta({ description: "TCP port of its sshd." }),
  user: loginName().optional().meta({ description: "Login name there.", unset: "`ssh.user`" })
}).meta({
  description: "The host through which all others are reached.",
  source: "https://man.openbsd.org/ssh_config#ProxyJump"
});
var ssh = import_zod12.z.strictObject({
  user: loginName().meta({
    description: "Login name on every host. A user other than root needs sudo without a password."
  }),
  port: port(sshPort).default(sshPort).meta({ description: "TCP port of sshd on every host." }),
  privateKeyFile: filePath("~/.ssh/id_ed25519").optional().meta({
    description: "The private key, without a passphrase: a path from the project's folder, or from home with `~/`.",
    unset: "required unless `agent` is true",
    source: "https://man.openbsd.org/ssh-keygen"
  }),
  agent: import_zod12.z.boolean().default(false).meta({
    description: "Log in with the keys of the operator's ssh agent instead of a file.",
    source: "https://man.openbsd.org/ssh-agent"
  }),
  knownHostsFile: filePath("~/.ssh/known_hosts").meta({
    description: "A known_hosts file with the public key of every host.",
    source: "https://man.openbsd.org/sshd#SSH_KNOWN_HOSTS_FILE_FORMAT"
  }),
  proxyJump: proxyJump.optional()
}).meta({ description: "How the hosts are reached." });

// settings/schema.ts
var stackShape = import_zod13.z.strictObject({
  endpoint,
  ssh,
  masters,
  workers,
  loadBalancers,
  virtualIp,
  haproxy,
  kubernetes,
  backup,
  monitor,
  datadog,
  nas,
  ...secrets
});

// components/haproxy-pair/haproxy.ts
var checkedSection = (name) => `${name}-readyz`;

// settings/secrets.ts
function neededFor(key, { endpoint: endpoint3, backup: backup2 }) {
  switch (key) {
    case "cloudflareApiToken":
      return providerOf(endpoint3) === "cloudflare" ? "Cloudflare serves the zone" : void 0;
    case "tsigSecret":
      return providerOf(endpoint3) === "rfc2136" ? "the name server takes signed updates" : void 0;
    case "s3SecretAccessKey":
      return backup2?.s3 === void 0 ? void 0 : "the copies of backups are uploaded to a bucket";
    default:
      return "the agent and the pipeline are built in Datadog";
  }
}
function checkMissing(key, stack) {
  const need = neededFor(key, stack);
  return need === void 0 || key in stack ? [] : [{ path: [key], what: `is missing: ${need}`, remedy: howToSet(key) }];
}
function checkVrrpPassword({ virtualIp: virtualIp3, vrrpPassword: password }) {
  const vrrpVersion = virtualIp3?.vrrpVersion;
  if (vrrpVersion === void 0) {
    return [];
  }
  const path = ["vrrpPassword"];
  const [refusal2] = refusals3({ virtualIp: { vrrpVersion, password } });
  if (refusal2 !== void 0) {
    const remedy2 = password === void 0 ? howToSet("vrrpPassword") : `Run \`pulumi config rm ${namespace}:vrrpPassword\`, or choose ${namespace}:virtualIp.vrrpVersion 2.`;
    return [{ path, what: refusal2.what, remedy: remedy2 }];
  }
  if (password === void 0) {
    return [];
  }
  const what = isPlaceholder(password) ? placeholderMistake : whyUnfitPassword(password);
  return what === void 0 ? [] : [{ path, what, remedy: howToSet("vrrpPassword") }];
}
function checkSecrets(stack) {
  return secretNames.flatMap((key) => key === "vrrpPassword" ? checkVrrpPassword(stack) : checkMissing(key, stack));
}

// settings/checks.ts
var checks = [
  ...[checkEndpoint, checkSsh, checkRedundancy, checkNetwork],
  ...[checkPorts, checkKubernetes, checkBackup, checkPipelines, checkSecrets]
];
var stackSchema = stackShape.superRefine(
  (values2, context) => {
    const sound = soundParts(values2, context.issues);
    for (const { path, what, remedy: remedy2 } of checks.flatMap((check) => check(sound))) {
      const value = valueAt(values2, path);
      context.addIssue({ code: "custom", path: [...path], message: what, params: { remedy: remedy2, value } });
    }
  },
  // check across settings even if single settings have mistakes
  { when: ({ value }) => typeof value === "object" && value !== null }
);

// settings/issues.ts
var import_zod14 = require("zod");
function required2(schema) {
  return schema instanceof import_zod14.z.ZodOptional || schema instanceof import_zod14.z.ZodDefault || schema instanceof import_zod14.z.ZodPrefault ? required2(schema.unwrap()) : schema;
}
function partOf(schema, part) {
  const whole = required2(schema);
  if (whole instanceof import_zod14.z.ZodArray) return whole.element;
  return whole instanceof import_zod14.z.ZodObject ? whole.shape[part] : void 0;
}
function keysAt(path) {
  const schema = required2(path.reduce(partOf, stackShape));
  return schema instanceof import_zod14.z.ZodObject ? Object.keys(schema.shape) : [];
}
var misplaced = {
  "datadog.apiKey": "datadogApiKey",
  "datadog.appKey": "datadogAppKey",
  "virtualIp.password": "vrrpPassword",
  "endpoint.cloudflare.apiToken": "cloudflareApiToken",
  "endpoint.rfc2136.secret": "tsigSecret",
  "backup.s3.secretAccessKey": "s3SecretAccessKey"
};
function unknownKey(path, key) {
  const secret3 = misplaced[[...path, key].map(String).join(".")];
  if (secret3 !== void 0) {
    return {
      key: keyOf([...path, key]),
      what: "is a secret, and a section is in plain text",
      remedy: `Remove it and run \`${setCommand(secret3)}\`.`
    };
  }
  const known3 = keysAt(path);
  const [meant] = near(key, known3);
  return {
    key: keyOf([...path, key]),
    what: "is not a setting",
    remedy: meant === void 0 ? `Remove it. Known here: ${known3.join(", ")}.` : `Write ${keyOf([...path, meant])}, if that is what you mean.`
  };
}
var kinds2 = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of settings",
  record: "a group of settings"
};
function kindOf(value) {
  return Array.isArray(value) ? "a list" : value === null ? "nothing" : kinds2[typeof value] ?? typeof value;
}
function hintFor(expected, path, value) {
  switch (expected) {
    case "object":
    case "record":
      return path.length > 0 && keysAt(path).length > 0 ? `Its settings are: ${keysAt(path).join(", ")}.` : "Set it to keys with values.";
    case "array":
      return "Set it to a list: one entry a line, each after a hyphen.";
    case "number":
    case "int":
      return "Write it without quotes.";
    case "boolean":
      return "Write true or false, without quotes.";
    default:
      return typeof value === "object" ? "Set it to a single value, in quotes." : `Write it in quotes: without quotes, YAML reads it as ${kindOf(value)}. If Pulumi has already rewritten the file, enter the original text again.`;
  }
}
function fromIssue(issue, value) {
  const key = keyOf(issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((name) => unknownKey(issue.path, name));
    case "invalid_type":
      return value === void 0 ? [{ key, what: "is missing", remedy: missingHint(issue.path, issue.expected) }] : [
        {
          key,
          value,
          what: `is not ${kinds2[issue.expected] ?? issue.expected}, but ${kindOf(value)}`,
          remedy: hintFor(issue.expected, issue.path, value)
        }
      ];
    case "invalid_value":
      return [oneOf(key, value, issue.values.map(String))];
    case "invalid_union":
      return [fromUnion(key, value, issue)];
    case "custom":
      return [
        {
          key,
          value: shown2(issue, value),
          what: issue.message,
          remedy: String(issue.params?.["remedy"] ?? "")
        }
      ];
    default:
      return [{ key, value, what: issue.message, remedy: "docs/settings.md describes it." }];
  }
}
function missingHint(path, expected) {
  const keys = keysAt(path);
  return expected === "object" && keys.length > 0 ? `Add its settings: ${keys.join(", ")}.` : expected === "array" ? "Add it as a list." : "Add it; docs/settings.md says what it means.";
}
function oneOf(key, value, allowed) {
  const [meant] = typeof value === "string" ? near(value, allowed) : [];
  return {
    key,
    value,
    what: "is not one of the choices",
    remedy: `Set it to ${meant ?? `one of ${allowed.join(", ")}`}.`
  };
}
function fromUnion(key, value, issue) {
  const allowed = issue.errors.flat().flatMap((inner) => inner.code === "invalid_value" ? inner.values.map(String) : []);
  return allowed.length > 0 ? oneOf(key, value, allowed) : {
    key,
    value,
    what: `is not a text, a number, or true or false, but ${kindOf(value)}`,
    remedy: "Set it to a single value."
  };
}
var mayBeSecret = (path) => secretNames.some((name) => name === path[0]) || path.join(".") === "backup.s3.accessKeyId";
function shown2(issue, given) {
  const value = given ?? issue.params?.["value"];
  return mayBeSecret(issue.path) || Array.isArray(value) ? void 0 : value;
}
function mistakesOf(error, values2) {
  const mistakes = error.issues.flatMap((issue) => fromIssue(issue, valueAt(values2, issue.path)));
  return mistakes.map(
    ({ value, ...rest }) => typeof value === "string" && isIdentity(value) ? rest : { ...rest, value }
  );
}

// operate/configuration.ts
function readConfiguration(stack) {
  const values2 = withSecrets({
    ...settingsIn(stack.projectFile, defaultOf),
    ...settingsIn(stack.configurationFile, (value) => value)
  });
  const complete = stackSchema.safeParse(values2);
  if (complete.success) {
    return { values: complete.data, mistakes: [] };
  }
  const mistakes = mistakesOf(complete.error, values2);
  const shaped = stackShape.safeParse(values2);
  if (!shaped.success) {
    throw configurationError(stack.name, mistakes, Object.keys(stackShape.shape));
  }
  return { values: shaped.data, mistakes };
}
function programFolder({ projectFile }) {
  const { main = "." } = (0, import_yaml4.parse)((0, import_node_fs9.readFileSync)(projectFile, "utf8"));
  const path = (0, import_node_path6.resolve)((0, import_node_path6.dirname)(projectFile), main);
  return /\.[cm]?[jt]s$/.test(path) ? (0, import_node_path6.dirname)(path) : path;
}
function settingsIn(path, valueOf) {
  const { config } = (0, import_yaml4.parse)((0, import_node_fs9.readFileSync)(path, "utf8")) ?? {};
  const prefix = `${namespace}:`;
  return Object.fromEntries(
    Object.entries(config ?? {}).filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), structureOf(valueOf(value))]).filter(([, value]) => value !== "" && value !== void 0)
  );
}
function defaultOf(declared) {
  return typeof declared === "object" && declared !== null && "type" in declared ? declared.default : declared;
}
function structureOf(value) {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
var standIns = {
  cloudflareApiToken: "stand-in",
  tsigSecret: "AAAA",
  vrrpPassword: "standin",
  s3SecretAccessKey: "stand-in",
  datadogApiKey: "stand-in",
  datadogAppKey: "stand-in"
};
function withSecrets(values2) {
  const { virtualIp: virtualIp3 } = values2;
  const needed3 = secretNames.filter((name) => name !== "vrrpPassword" || virtualIp3?.vrrpVersion === 2);
  const plain = Object.entries(values2).filter(([key]) => !secretNames.some((name) => name === key));
  return Object.fromEntries([...plain, ...needed3.map((name) => [name, standIns[name]])]);
}

// operate/facts.ts
var longestLine = { usual: 4e3, answer: 4e6 };
var mostLines = 2e3;
var answers = /^(nodes|system-pods|etcd-[a-z]+) /;
function printable(text3) {
  return text3.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
function shown3(text3, longest3 = 160) {
  const clean = printable(text3);
  return clean.length > longest3 ? `${clean.slice(0, longest3)}\u2026` : clean;
}
function readFacts(output2) {
  const facts = /* @__PURE__ */ new Map();
  for (const line of output2.split("\n", mostLines)) {
    const longest3 = answers.test(line) ? longestLine.answer : longestLine.usual;
    const [, name, value = ""] = /^([a-z][a-z0-9-]{0,40})(?: (.*))?$/s.exec(line.slice(0, longest3)) ?? [];
    if (name !== void 0) {
      const values2 = facts.get(name) ?? [];
      values2.push(printable(value));
      facts.set(name, values2);
    }
  }
  return facts;
}
function fact(facts, name) {
  const value = facts.get(name)?.at(-1);
  return value === void 0 || value === "" ? void 0 : value;
}
function rows(facts, name) {
  return (facts.get(name) ?? []).map((value) => value.split(" "));
}
function numberOf(text3) {
  return text3 !== void 0 && /^-?\d{1,15}(\.\d{1,6})?$/.test(text3) ? Number(text3) : void 0;
}
function webAnswer(text3) {
  const [, status2, failure, body = ""] = /^(\d{3}) (\d{1,3}|-) ?(.*)$/s.exec(text3 ?? "") ?? [];
  return status2 === void 0 ? void 0 : { status: Number(status2), failure: failure === "-" ? 7 : Number(failure), body };
}
function jsonAnswer(text3) {
  const answer = webAnswer(text3);
  if (answer?.status !== 200) return void 0;
  try {
    return JSON.parse(answer.body, (_, value) => typeof value === "string" ? printable(value) : value);
  } catch {
    return void 0;
  }
}

// components/datadog-agent/container.ts
var containerName = "dd-agent";

// operate/plan.ts
var listener = { name: "qnap", type: "udp" };
var pair = "k8s-managers";
function planOf(stack, values2) {
  const toHost = hostMaker(values2.ssh);
  const hosts2 = (role, machines2) => machines2.map(({ name, address: address2 }) => ({ name, address: address2, role, target: targetOf(toHost({ name, address: address2 })) }));
  const { fqdn, port: port2, nameServers } = values2.endpoint;
  const { recipients, intervalHours, copyTo = values2.monitor.name, s3: s32 } = values2.backup;
  return {
    stack,
    fqdn,
    port: port2,
    virtualIp: values2.virtualIp.address,
    nameServers,
    kubernetes: values2.kubernetes.version,
    listener: { ...listener, port: values2.nas.port },
    statsSocket: values2.haproxy.statsSocket,
    healthPort: values2.haproxy.healthPort,
    checkedSection: checkedSection(pair),
    certificateSeconds: alertBefore(values2.kubernetes.certificateValidity),
    ...recipients.length === 0 ? {} : { backup: { intervalHours, copyTo, bucket: s32?.bucket } },
    drainSeconds: values2.kubernetes.drainTimeout,
    hosts: [
      ...hosts2("master", values2.masters),
      ...hosts2("worker", values2.workers),
      ...hosts2("load balancer", values2.loadBalancers),
      ...hosts2("monitor", [values2.monitor])
    ]
  };
}
function variablesOf(plan, { role, address: address2 }) {
  return shellAssignments({
    ROLE: role,
    ADDRESS: address2,
    FQDN: plan.fqdn,
    PORT: String(plan.port),
    VIRTUAL_IP: plan.virtualIp,
    STATS_SOCKET: plan.statsSocket,
    HEALTH_PORT: String(plan.healthPort),
    CONTAINER: containerName
  });
}

// operate/stack.ts
var import_node_child_process2 = require("node:child_process");
var import_node_crypto4 = require("node:crypto");
var import_node_fs10 = require("node:fs");
var import_node_os4 = require("node:os");
var import_node_path7 = require("node:path");
var import_yaml5 = require("yaml");
var NoStack = class extends Error {
};
var lab = { folder: (0, import_node_path7.join)(".lab", "project"), stack: "dev" };
function chooseStack(surroundings2, given, askCli = askedCli) {
  const projectFile = findProject(surroundings2);
  if (projectFile === void 0) {
    throw new NoStack(`${surroundings2.cwd} is not in a Pulumi project. Run this in the folder of kube-control.`);
  }
  const selected = given ?? selectedStack(surroundings2, projectFile) ?? noneSelected(surroundings2, projectFile, askCli);
  if (selected !== void 0) {
    return existing(projectFile, selected);
  }
  const ofLab = (0, import_node_path7.join)((0, import_node_path7.dirname)(projectFile), lab.folder, (0, import_node_path7.basename)(projectFile));
  if ((0, import_node_fs10.existsSync)(ofLab)) {
    return existing(ofLab, lab.stack);
  }
  throw new NoStack(
    "No stack is selected. Run `pulumi stack select NAME`, or name the stack: npm run status -- --stack NAME."
  );
}
function existing(projectFile, selected) {
  const name = selected.split("/").at(-1) ?? selected;
  const configurationFile = (0, import_node_path7.join)((0, import_node_path7.dirname)(projectFile), `Pulumi.${name}.yaml`);
  if (!/^[\w.-]+$/.test(name)) {
    throw new NoStack(`${JSON.stringify(selected)} is not the name of a stack.`);
  }
  if (!(0, import_node_fs10.existsSync)(configurationFile)) {
    throw new NoStack(`The stack ${name} has no configuration: ${configurationFile} does not exist.`);
  }
  return { name, projectFile, configurationFile };
}
function findProject({ cwd, env: { PWD: shown4 } }) {
  const isSame2 = shown4 !== void 0 && (0, import_node_fs10.existsSync)(shown4) && (0, import_node_fs10.realpathSync)(shown4) === (0, import_node_fs10.realpathSync)(cwd);
  for (let at = isSame2 ? shown4 : (0, import_node_path7.resolve)(cwd); ; at = (0, import_node_path7.dirname)(at)) {
    const file = (0, import_node_path7.join)(at, "Pulumi.yaml");
    if ((0, import_node_fs10.existsSync)(file)) return file;
    if (at === (0, import_node_path7.dirname)(at)) return void 0;
  }
}
function selectedStack({ env }, projectFile) {
  const ofEnvironment = env["PULUMI_STACK"];
  if (ofEnvironment !== void 0 && ofEnvironment !== "") {
    return ofEnvironment;
  }
  const file = workspaceFile(env, projectFile);
  if (!(0, import_node_fs10.existsSync)(file)) {
    return void 0;
  }
  const { stack, stacks = {} } = readJson2(file);
  const names2 = [...new Set(Object.values(stacks))];
  const backend = env["PULUMI_BACKEND_URL"] ?? currentBackend(env);
  return (backend === void 0 ? void 0 : stacks[backend]) ?? (names2.length > 1 ? void 0 : names2[0] ?? stack);
}
function workspaceFile(env, projectFile) {
  const { name } = (0, import_yaml5.parse)((0, import_node_fs10.readFileSync)(projectFile, "utf8"));
  const hash = (0, import_node_crypto4.createHash)("sha1").update(projectFile).digest("hex");
  return (0, import_node_path7.join)(pulumiHome(env), "workspaces", `${name}-${hash}-workspace.json`);
}
var pulumiHome = (env) => env["PULUMI_HOME"] || (0, import_node_path7.join)((0, import_node_os4.homedir)(), ".pulumi");
function currentBackend(env) {
  const file = (0, import_node_path7.join)(pulumiHome(env), "credentials.json");
  return (0, import_node_fs10.existsSync)(file) ? readJson2(file).current : void 0;
}
function readJson2(file) {
  try {
    const value = JSON.parse((0, import_node_fs10.readFileSync)(file, "utf8"));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
function noneSelected({ cwd, env }, projectFile, ask) {
  const workspaces = (0, import_node_path7.join)(pulumiHome(env), "workspaces");
  return (0, import_node_fs10.existsSync)(workspaces) && !(0, import_node_fs10.existsSync)(workspaceFile(env, projectFile)) ? ask({ cwd, env }) : void 0;
}
function askedCli({ cwd, env }) {
  const { status: status2, stdout } = (0, import_node_child_process2.spawnSync)("pulumi", ["stack", "--show-name", "--non-interactive"], {
    cwd,
    env,
    encoding: "utf8",
    timeout: 1e4
  });
  return status2 === 0 && stdout.trim() !== "" ? stdout.trim() : void 0;
}

// operate/maintenance/arguments.ts
var usage2 = `usage: npm run maintain [-- OPTION\u2026]
  --stack NAME       the stack (default: the selected stack, else the lab's)
  --preview          print what would be done, and change nothing but the hosts' package lists
  --yes              do not ask
  --reboot WHEN      always, needed (default) or never
  --host NAME        only this host; may be repeated (default: all hosts)
  --json             print one JSON object (docs/operations.md); progress goes to standard error
exit codes: 0 nothing is left to do, 1 failed on a host, 2 refused: nothing was changed, 3 maintenance is due and was not confirmed`;
var whens = ["always", "needed", "never"];
function readMaintainOptions(args2) {
  const { host, reboot, ...options } = readArguments(args2, {
    ...commonOptions,
    preview: { type: "boolean", default: false },
    yes: { type: "boolean", default: false },
    reboot: { type: "string", default: "needed" },
    host: { type: "string", multiple: true, default: [] },
    json: { type: "boolean", default: false }
  });
  if (options.preview && options.yes) throw new UsageError("--preview cannot be combined with --yes");
  return { ...options, reboot: whenOf(reboot), hosts: host };
}
function whenOf(text3) {
  const when = whens.find((one) => one === text3);
  if (when === void 0) throw new UsageError(`--reboot: ${text3} is not always, needed or never`);
  return when;
}

// operate/maintenance/run.ts
var import_node_child_process3 = require("node:child_process");
var import_node_readline = require("node:readline");

// operate/scripts.ts
var import_node_fs11 = require("node:fs");
var import_node_path8 = require("node:path");
var scriptFiles = (...paths) => paths.map((path) => (0, import_node_fs11.readFileSync)((0, import_node_path8.join)(__dirname, "..", path), "utf8")).join("\n");

// operate/maintenance/run.ts
var of = (...names2) => names2.map((name) => `operate/maintenance/${name}.sh`);
var files2 = {
  node: [
    ...["host/name-lookup.sh", "host/kubernetes-here.sh"],
    ...["node", "cluster", "service"].map((name) => `components/control-plane/${name}.sh`),
    ...of("packages", "reboot", "work", "node")
  ],
  "load balancer": [
    "components/haproxy-pair/files-and-services.sh",
    ...of("packages", "reboot", "work", "load-balancer")
  ],
  monitor: of("packages", "reboot", "work", "monitor")
};
var kindOf2 = ({ role }) => role === "master" || role === "worker" ? "node" : role;
var stepLimitSeconds = ({ drainSeconds }, host) => 5520 + (kindOf2(host) === "node" ? 2 * (drainSeconds + 90) + 1200 : 0);
function maintenanceScript(plan, host, reboot) {
  const named2 = (role) => plan.hosts.filter((one) => one.role === role);
  const { privateKeyFile, proxyJump: proxyJump2 } = host.target;
  const identityFile = privateKeyFile === void 0 ? void 0 : identityPath(privateKeyFile);
  const names2 = named2("load balancer").map(({ name }) => name);
  return scriptText({
    where: host.name,
    step: "maintenance",
    prelude: scriptFiles("host/prelude.sh"),
    script: scriptFiles("host/across-hosts.sh", ...files2[kindOf2(host)]),
    variables: {
      ...acrossHostsVariables(
        plan.hosts.map(({ target: target2 }) => target2),
        { identityFile, proxyJump: proxyJump2 }
      ),
      NODE: host.name,
      NODE_ADDRESS: host.address,
      ROLE: host.role,
      CLUSTER: `${plan.fqdn}:${plan.port}`,
      PORT: String(plan.port),
      MASTERS: named2("master").map(({ name, address: address2 }) => `${name} ${address2}`).join("\n"),
      // prettier-ignore
      LOAD_BALANCERS: names2.join(" "),
      VIRTUAL_IP: plan.virtualIp,
      STATS_SOCKET: plan.statsSocket,
      BACKEND: plan.checkedSection,
      DRAIN_SECONDS: String(plan.drainSeconds),
      // any version: an interrupted upgrade may have left two
      VERSION: "",
      CONTAINER: containerName,
      // a host with `always` has a note that requests the reboot
      REBOOT: reboot === "never" ? "never" : "needed"
    },
    timeoutSeconds: stepLimitSeconds(plan, host),
    lock: false
  });
}
async function maintainHost(plan, host, reboot, tell2) {
  const begin = performance.now();
  const bash = (0, import_node_child_process3.spawn)("bash", ["-s", "--", "create"], {
    // the last one ends the script if this process is killed
    stdio: ["pipe", "pipe", "pipe", "ignore", "pipe"],
    env: process.env,
    // in its own session: Ctrl-C ends the maintenance after this host
    detached: true
  });
  const said = [];
  let error = "";
  const [stdin, stdout, stderr, , lifetime] = bash.stdio;
  lifetime.on("error", () => void 0);
  (0, import_node_readline.createInterface)({ input: stdout }).on("line", (line) => {
    said.push(line);
    tell2(line);
  });
  stderr.setEncoding("utf8").on("data", (text3) => error += text3);
  stdin.on("error", () => void 0).end(maintenanceScript(plan, host, reboot));
  const code = await new Promise((resolve7, reject) => {
    bash.on("error", (cause) => reject(new Error(`cannot start bash on this machine: ${cause.message}`)));
    bash.on("close", resolve7);
  });
  return { ok: code === 0, said, error: error.trim(), seconds: (performance.now() - begin) / 1e3 };
}

// operate/maintenance/preview.ts
function preview(plan, works, steps) {
  const width = Math.max(...works.map(({ host }) => host.name.length));
  const indent = " ".repeat(width + 7);
  const idle = works.filter((work) => steps.every((step) => step.work !== work));
  return [
    `${plan.stack}: maintenance of ${steps.length} of ${works.length} hosts, one after another`,
    "",
    ...steps.flatMap(({ work, reboot, effects }, index) => {
      const [first, ...more] = [
        ...work.interrupted ? ["continues an interrupted maintenance"] : [],
        ...work.updates.length === 0 ? [] : [updatesText(work.updates)],
        ...reboot === void 0 ? [] : [`reboot: ${shown3(reboot, 200)}`],
        ...effects,
        ...notes(work),
        `at most ${Math.ceil(stepLimitSeconds(plan, work.host) / 60)} minutes`
      ];
      const head = `  ${String(index + 1).padStart(2)}. ${work.host.name.padEnd(width)} ${first}`;
      return [head, ...more.map((line) => `${indent}${line}`)];
    }),
    ...idle.flatMap(
      (work) => [`      ${work.host.name.padEnd(width)} nothing to do`].concat(notes(work).map((line) => `${indent}${line}`))
    ),
    ""
  ].join("\n");
}
function updatesText(updates) {
  const security = updates.filter((update) => update.security).length;
  const first = (update) => (update.security ? 0 : 2) + (update.held ? 0 : 1);
  const sorted = [...updates].sort((one, other) => first(one) - first(other));
  const names2 = sorted.slice(0, 12).map(({ name, to, held }) => `${name} ${shown3(to, 40)}${held ? " (held)" : ""}`);
  const more = sorted.length > names2.length ? ` and ${sorted.length - names2.length} more` : "";
  const count = updates.length === 1 ? "1 package" : `${updates.length} packages`;
  return `${count}, security updates: ${security}: ${names2.join(", ")}${more}`;
}
function notes({ kept, listsAgeSeconds, problems }) {
  return [
    ...problems,
    ...listsAgeSeconds !== void 0 && listsAgeSeconds > 86400 ? [`its package lists are ${Math.floor(listsAgeSeconds / 86400)} days old`] : [],
    ...kept.length === 0 ? [] : [`held by somebody else, and not updated: ${kept.join(", ")}`]
  ];
}

// operate/maintenance/report.ts
var format = 1;
function maintenanceReport(plan, works, steps, results, exitCode) {
  return {
    format,
    stack: plan.stack,
    at: (/* @__PURE__ */ new Date()).toISOString(),
    exitCode,
    order: steps.map(({ work }) => work.host.name),
    hosts: works.map((work) => {
      const step = steps.find((one) => one.work === work);
      const result = results.find(({ host }) => host === work.host.name);
      return {
        name: work.host.name,
        role: work.host.role,
        updates: work.updates.map(({ name, from, to, security, held }) => ({
          ...{ name, from: from ?? null, to, security, held }
        })),
        kept: work.kept,
        rebootNeeded: work.reboots,
        reboot: step?.reboot ?? null,
        interrupted: work.interrupted,
        effects: step?.effects ?? [],
        listsAgeSeconds: work.listsAgeSeconds ?? null,
        problems: work.problems,
        result: result === void 0 ? null : { ok: result.ok, seconds: Math.round(result.seconds), said: result.said, error: result.error || null }
      };
    })
  };
}

// operate/round.ts
var import_node_fs12 = require("node:fs");
var import_node_path9 = require("node:path");

// host/facts.ts
function clockOf(name, seconds2, [earliest, latest]) {
  if (!/^[0-9]{9,11}$/.test(seconds2)) {
    return void 0;
  }
  const said = Number(seconds2) * 1e3;
  const [least2, most] = [said - latest, said + 1e3 - earliest];
  return { name, ahead: (least2 + most) / 2, uncertainty: (most - least2) / 2 };
}

// operate/from-here.ts
var import_promises = require("node:dns/promises");
var import_node_https = require("node:https");
var milliseconds = 4e3;
async function askFromHere(plan) {
  const [name, readyz] = await Promise.all([resolved(plan), readyzOf(plan.virtualIp, plan)]);
  return { name, readyz };
}
async function resolved({ fqdn, nameServers }) {
  const resolver = new import_promises.Resolver({ timeout: milliseconds / 2, tries: 2 });
  try {
    if (nameServers.length > 0) resolver.setServers(nameServers);
    return { addresses: (await resolver.resolve4(fqdn)).sort() };
  } catch (error) {
    const { code, message } = error;
    return { failure: shown3(code ?? message) };
  }
}
function readyzOf(address2, { port: port2, fqdn }) {
  return new Promise((resolve7) => {
    const options = { host: address2, port: port2, path: "/readyz", servername: fqdn, rejectUnauthorized: false, agent: false };
    const asked2 = (0, import_node_https.request)({ ...options, timeout: milliseconds }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body = (body + chunk).slice(0, 200);
        if (body.length === 200) done();
      });
      const done = () => {
        resolve7({ status: response.statusCode ?? 0, body: shown3(body) });
        asked2.destroy();
      };
      response.on("end", done).on("error", done);
    });
    const fail = (failure) => {
      resolve7({ failure });
      asked2.destroy();
    };
    setTimeout(() => fail(`no answer within ${milliseconds / 1e3} s`), milliseconds).unref();
    asked2.on("error", ({ message }) => fail(shown3(message))).end();
  });
}

// operate/round.ts
var script = (0, import_node_fs12.readFileSync)((0, import_node_path9.join)(__dirname, "host.sh"), "utf8");
var roundLimits = { seconds: 20, mostBytes: 8e6 };
var beside = { direct: 15, behindJump: 35 };
async function readRound(plan) {
  const [fromHere, ...readings] = await Promise.all([
    askFromHere(plan),
    ...plan.hosts.map((host) => readHost(plan, host))
  ]);
  return { plan, readings, fromHere, now: /* @__PURE__ */ new Date() };
}
async function readHost(plan, host) {
  return readingOf(host, await askHost(host, `${variablesOf(plan, host)}${script}`));
}
async function askHost(host, text3, limits3 = roundLimits, input) {
  const seconds2 = limits3.seconds + (host.target.proxyJump === void 0 ? beside.direct : beside.behindJump);
  let timer;
  const late2 = new Promise((resolve7) => {
    timer = setTimeout(() => resolve7({ kind: "failed", said: `no answer within ${seconds2} s` }), seconds2 * 1e3);
  });
  const asked2 = runOverSsh(host.target, text3, { ...limits3, patienceSeconds: 0 }, input).catch(
    (error) => ({ kind: "failed", said: error.message })
  );
  try {
    return await Promise.race([asked2, late2]);
  } finally {
    clearTimeout(timer);
  }
}
function readingOf(host, answer) {
  if (answer.kind !== "answered") {
    return { host, kind: answer.kind, said: shown3(answer.said) || "no reason given" };
  }
  const facts = readFacts(answer.output);
  return { host, kind: "answered", facts, clock: clockOf(host.name, fact(facts, "time") ?? "", answer.begun) };
}

// operate/maintenance/request.ts
var requestReboots = (hosts2, run) => onEach(hosts2, `request_reboot ${run}`);
var clearRequests = (hosts2) => onEach(hosts2, "clear_reboot_request");
async function onEach(hosts2, call) {
  const text3 = `${scriptFiles("host/prelude.sh", "operate/maintenance/reboot.sh")}
${call}
`;
  const failures2 = await Promise.all(
    hosts2.map(async (host) => {
      const head = shellAssignments({ KC_HOST: host.name, KC_STEP: "maintenance" });
      const answer = await askHost(host, `${head}${text3}`);
      return answer.kind === "answered" ? [] : [`${host.name}: ${shown3(answer.said) || "no reason given"}`];
    })
  );
  return failures2.flat();
}

// operate/maintenance/steps.ts
function stepsOf(works, reboot) {
  const run = interruptedRun(works);
  const steps = works.flatMap((work) => stepOf(work, reboot, run) ?? []);
  return steps.sort((one, other) => rank(one.work) - rank(other.work));
}
function interruptedRun(works) {
  return works.find(({ rebootRequest }) => rebootRequest?.pending)?.rebootRequest?.run;
}
function stepOf(work, when, run) {
  const { rebootRequest, updates, reboots: reboots2, interrupted } = work;
  const rebooted = run !== void 0 && rebootRequest?.run === run && !rebootRequest.pending;
  const reasons2 = [...reboots2, ...when === "always" && reboots2.length === 0 && !rebooted ? ["always"] : []];
  const reason = when === "never" || reasons2.length === 0 ? void 0 : reasons2.join("; ");
  if (updates.length === 0 && reason === void 0 && !interrupted) return void 0;
  return { work, ...reason === void 0 ? {} : { reboot: reason }, effects: effectsOf(work, reason !== void 0) };
}
var roles = ["load balancer", "master", "worker", "monitor"];
function rank({ host, interrupted, holdsVirtualIp }) {
  return (interrupted ? 0 : 10) + 2 * roles.indexOf(host.role) + (holdsVirtualIp ? 1 : 0);
}
function effectsOf({ host, updates, holdsVirtualIp }, reboots2) {
  const updated = (pattern) => updates.some(({ name }) => pattern.test(name));
  switch (host.role) {
    case "load balancer":
      return holdsVirtualIp && (reboots2 || updated(disturbing)) ? ["the virtual IP moves to another load balancer: open connections end once"] : [];
    case "master":
    case "worker":
      return [
        ...reboots2 ? ["drained: its pods move to other nodes"] : [],
        ...updated(/^containerd/) && !reboots2 ? ["containerd restarts, containers keep running"] : []
      ];
    case "monitor":
      return reboots2 || updated(/^(docker|containerd)/) ? ["the agent restarts: lines that the NAS sends meanwhile are lost"] : [];
  }
}
var disturbing = /^(haproxy|keepalived|systemd|dbus|libc6|ifupdown|netplan|networkd|network-manager|isc-dhcp|dhcpcd|cloud-init)/;

// operate/maintenance/survey.ts
var limits = { seconds: 420, mostBytes: 4e6 };
function surveyText({ virtualIp: virtualIp3 }, { name, role }) {
  const variables = { ROLE: role, NODE: name, VIRTUAL_IP: virtualIp3, KC_HOST: name, KC_STEP: "maintenance" };
  const files3 = ["packages.sh", "reboot.sh", "survey.sh"].map((file) => `operate/maintenance/${file}`);
  return shellAssignments(variables) + scriptFiles("host/prelude.sh", ...files3);
}
async function surveyHosts(plan, hosts2) {
  return Promise.all(hosts2.map(async (host) => workOf(host, await askHost(host, surveyText(plan, host), limits))));
}
var isRead = (work) => "updates" in work;
function workOf(host, answer) {
  if (answer.kind !== "answered") {
    return { host, said: shown3(answer.said) || "no reason given" };
  }
  const facts = readFacts(answer.output);
  if (fact(facts, "complete") !== "yes") {
    return { host, said: "its output is incomplete" };
  }
  const age = numberOf(fact(facts, "lists-age"));
  const texts2 = (name) => (facts.get(name) ?? []).map((text3) => shown3(text3));
  const failed3 = fact(facts, "updates-failed");
  const [, run, state] = /^([\w-]{1,40}) (pending|done)$/.exec(fact(facts, "reboot-request") ?? "") ?? [];
  const failedLists = fact(facts, "lists-failed");
  return {
    host,
    updates: rows(facts, "update").flatMap(
      ([name = "", from, to, kind, held]) => to === void 0 || !/^[a-z0-9][a-z0-9+.-]*(:[a-z0-9]+)?$/.test(name) ? [] : [{ name, ...from === "-" ? {} : { from }, to, security: kind === "security", held: held === "held" }]
    ),
    kept: texts2("kept"),
    reboots: texts2("reboot"),
    ...run === void 0 ? {} : { rebootRequest: { run, pending: state === "pending" } },
    interrupted: fact(facts, "interrupted") === "yes",
    holdsVirtualIp: fact(facts, "holds") === "yes",
    ...age === void 0 ? {} : { listsAgeSeconds: age },
    problems: [
      ...failedLists === void 0 ? [] : ["the package lists could not be updated (apt-get update)"],
      ...failed3 === void 0 ? [] : [`apt-get cannot plan an update: ${shown3(failed3, 300)}`]
    ]
  };
}

// operate/maintenance/maintain.ts
var maintenanceCodes = { done: 0, failed: 1, refused: 2, due: 3 };
var Refusal = class extends Error {
};
async function maintain(args2, surroundings2) {
  try {
    const options = readMaintainOptions(args2);
    if (options.help) {
      process.stdout.write(`${usage2}
`);
      return 0;
    }
    const stack = chooseStack(surroundings2, options.stack);
    process.chdir(programFolder(stack));
    const plan = planOf(stack.name, readConfiguration(stack).values);
    return maintenanceCodes[await maintainStack(plan, options)];
  } catch (error) {
    process.stderr.write(`${error.message}
${error instanceof UsageError ? `${usage2}
` : ""}`);
    return maintenanceCodes.refused;
  }
}
async function maintainStack(plan, options) {
  const tell2 = (text3) => (options.json ? process.stderr : process.stdout).write(`${text3}
`);
  const works = await surveyed(plan, chosenHosts(plan, options.hosts));
  const steps = stepsOf(works, options.reboot);
  tell2(preview(plan, works, steps));
  const [end, results] = await carryOut(plan, options, works, steps, tell2);
  if (options.json) {
    const report3 = maintenanceReport(plan, works, steps, results, maintenanceCodes[end]);
    process.stdout.write(`${JSON.stringify(report3, void 0, 2)}
`);
  }
  return end;
}
function chosenHosts({ hosts: hosts2 }, names2) {
  const unknown2 = names2.find((name) => hosts2.every((host) => host.name !== name));
  if (unknown2 !== void 0) {
    throw new UsageError(`--host: ${unknown2} is not a host of this stack: ${hosts2.map(({ name }) => name).join(", ")}`);
  }
  return names2.length === 0 ? hosts2 : hosts2.filter(({ name }) => names2.includes(name));
}
async function surveyed(plan, hosts2) {
  const answers2 = await surveyHosts(plan, hosts2);
  const unread = answers2.flatMap((answer) => isRead(answer) ? [] : [answer]);
  if (unread.length > 0) {
    const lines = unread.map(({ host, said }) => `  ${host.name} (${host.address}): ${said}`);
    throw new Refusal(
      `${lines.length === 1 ? "This host" : "These hosts"} could not be read, so no host was changed:
${lines.join("\n")}
Repair what is named, or name the other hosts with --host. \`npm run status\` shows the state of the stack.`
    );
  }
  return answers2.filter(isRead);
}
async function carryOut(plan, options, works, steps, tell2) {
  if (steps.length === 0) {
    tell2("Nothing is left to do.");
    return ["done", []];
  }
  if (options.preview || !(options.yes || await confirmed())) {
    tell2(
      options.preview || process.stdin.isTTY ? "Nothing was changed." : "Nothing was changed: to do this, pass --yes."
    );
    return ["due", []];
  }
  const problem = steps.find(({ work }) => work.updates.length === 0 && work.problems.length > 0)?.work;
  if (problem?.problems.some((text3) => text3.startsWith("apt-get cannot"))) {
    throw new Refusal(`${problem.host.name}: ${problem.problems.join("; ")}. No host was changed.`);
  }
  const rebooted = steps.flatMap(({ work, reboot }) => reboot === void 0 ? [] : [work.host]);
  if (options.reboot === "always") {
    const failures2 = await requestReboots(rebooted, interruptedRun(works) ?? `run-${Date.now()}`);
    if (failures2.length > 0) throw new Refusal(`No host was updated or rebooted: ${failures2.join("; ")}`);
  }
  const ended2 = await inTurn(plan, options, steps, tell2);
  if (ended2[0] === "done") await clearRequests(works.map(({ host }) => host));
  return ended2;
}
async function confirmed() {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = (0, import_promises2.createInterface)({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question("Do this now? [y/N] ")).trim());
  } finally {
    terminal.close();
  }
}
async function inTurn(plan, { reboot }, steps, tell2) {
  const results = [];
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) process.exit(maintenanceCodes.failed);
    stopping.abort();
    tell2("The maintenance ends after this host. Press Ctrl-C again to end it now.");
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stop);
  try {
    for (const [index, { work }] of steps.entries()) {
      const { host } = work;
      tell2(`${host.name} (${index + 1} of ${steps.length})`);
      const outcome = await maintainHost(plan, host, reboot, (line) => tell2(`  ${clock()}  ${shown3(line, 400)}`));
      results.push({ host: host.name, ...outcome });
      if (!outcome.ok) {
        tell2(`${outcome.error}

${host.name} failed after ${minutes(outcome.seconds)}; ${left(steps, index)}`);
        return ["failed", results];
      }
      tell2(`  ${host.name}: done in ${minutes(outcome.seconds)}`);
      if (stopping.signal.aborted && index < steps.length - 1) {
        tell2(`Interrupted; ${left(steps, index)}`);
        return ["failed", results];
      }
    }
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, stop);
  }
  const seconds2 = results.reduce((sum, result) => sum + result.seconds, 0);
  tell2(`All ${steps.length} hosts are done, in ${minutes(seconds2)}.`);
  return ["done", results];
}
var left = (steps, index) => {
  const rest = steps.slice(index + 1).map(({ work }) => work.host.name);
  const unchanged = rest.length === 0 ? "" : ` Not changed: ${rest.join(", ")}.`;
  return `the other hosts serve.${unchanged} The same command continues.`;
};
var clock = () => (/* @__PURE__ */ new Date()).toISOString().slice(11, 19);
function minutes(seconds2) {
  const whole = Math.round(seconds2);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

// operate/restore/restore.ts
var import_node_path11 = require("node:path");
var import_promises3 = require("node:readline/promises");

// operate/restore/archive.ts
var import_node_crypto5 = require("node:crypto");
var import_node_fs13 = require("node:fs");
var import_node_stream2 = require("node:stream");
var import_zod15 = require("zod");

// operate/restore/refusal.ts
var Refusal2 = class extends Error {
};

// operate/restore/tar.ts
var block = 512;
async function* tarEntries(source) {
  const bytes = new Bytes(source);
  for (; ; ) {
    const header = Buffer.concat(await collected(bytes.take(block)));
    if (header.every((byte) => byte === 0)) {
      await skip(bytes.take(Infinity));
      return;
    }
    const size = sizeIn(header);
    const content = bytes.take(size);
    yield {
      name: textIn(header.subarray(0, 100)).replace(/^\.\//, ""),
      size,
      isFile: ["0", "\0"].includes(String.fromCharCode(header[156] ?? 0)),
      content
    };
    await skip(content);
    await skip(bytes.take((block - size % block) % block));
  }
}
var Bytes = class {
  source;
  rest = Buffer.alloc(0);
  constructor(source) {
    this.source = source[Symbol.asyncIterator]();
  }
  /** The next `count` bytes, or all with Infinity. @throws Error if there are fewer */
  async *take(count) {
    for (let left2 = count; left2 > 0; ) {
      if (this.rest.length === 0) {
        const next = await this.source.next();
        if (next.done === true) {
          if (left2 === Infinity) return;
          throw new Error("the archive ends early");
        }
        this.rest = Buffer.from(next.value);
        continue;
      }
      const given = this.rest.subarray(0, left2);
      this.rest = this.rest.subarray(given.length);
      left2 -= given.length;
      yield given;
    }
  }
};
async function skip(chunks) {
  const iterator = chunks[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true) ;
}
async function collected(chunks) {
  const all = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}
var textIn = (field) => field.toString("latin1").replace(/\0.*$/s, "");
function sizeIn(header) {
  const field = header.subarray(124, 136);
  const size = (field[0] ?? 0) === 128 ? Number(field.readBigUInt64BE(4)) : /^[0-7]+\s*$/.test(textIn(field)) ? parseInt(textIn(field), 8) : NaN;
  if (!Number.isSafeInteger(size)) throw new Error("it is not a tar archive");
  return size;
}

// operate/restore/archive.ts
var aboutSchema = import_zod15.z.object({
  format: import_zod15.z.literal(1),
  /** `FQDN:PORT`. */
  cluster: import_zod15.z.string(),
  /** The master that made it. */
  node: import_zod15.z.string(),
  /** Version of Kubernetes, e.g. `v1.37.2`. */
  kubernetes: import_zod15.z.string(),
  /** When the snapshot was made, UTC. */
  time: import_zod15.z.iso.datetime(),
  /** etcd's revision. */
  revision: import_zod15.z.number(),
  hash: import_zod15.z.number(),
  /** Bytes, by name. */
  sizes: import_zod15.z.record(import_zod15.z.string(), import_zod15.z.number())
});
var needed2 = ["ca", "front-proxy-ca", "etcd/ca"].flatMap((name) => [`pki/${name}.crt`, `pki/${name}.key`]).concat("pki/sa.key", "pki/sa.pub", "kubeadm.yaml", "etcd.db");
var encryptionFile = "pki/encryption-at-rest.yaml";
async function decrypted(archive2, identityFile) {
  for (const [option, path] of [
    ["--archive", archive2],
    ["--identity", identityFile]
  ]) {
    if (!(0, import_node_fs13.existsSync)(path)) throw new Refusal2(`${option}: ${path} does not exist.`);
  }
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  try {
    for (const identity of identitiesIn(identityFile)) decrypter.addIdentity(identity);
    const plain = await decrypter.decrypt(
      import_node_stream2.Readable.toWeb((0, import_node_fs13.createReadStream)(archive2))
    );
    return import_node_stream2.Readable.fromWeb(plain);
  } catch (error) {
    throw new Refusal2(`${archive2} cannot be decrypted with ${identityFile}: ${error.message}.`);
  }
}
function identitiesIn(path) {
  const lines = (0, import_node_fs13.readFileSync)(path, "utf8").split("\n").map((line) => line.trim());
  const identities = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (identities.length === 0) throw new Error("it contains no identity");
  return identities;
}
async function checkedArchive(name, plain, expected) {
  const refuse = (what) => new Refusal2(`${name}: ${what}.`);
  let about2;
  const seen = /* @__PURE__ */ new Map();
  try {
    for await (const entry of tarEntries(plain)) {
      if (!entry.isFile) continue;
      if (about2 === void 0) {
        if (entry.name !== "about.json")
          throw refuse("is not an archive of kube-control: it does not begin with about.json");
        about2 = aboutOf(name, await textOf(entry), expected);
        continue;
      }
      if (!Object.hasOwn(about2.sizes, entry.name))
        throw refuse(`contains ${entry.name}, which about.json does not list`);
      seen.set(entry.name, entry.size);
      if (entry.name === "etcd.db" && !await hasItsChecksum(entry))
        throw refuse("its snapshot of etcd is damaged: use another archive");
    }
  } catch (error) {
    throw error instanceof Refusal2 ? error : refuse(`cannot be read: ${error.message}; use another archive`);
  } finally {
    plain.destroy();
  }
  if (about2 === void 0) throw refuse("is empty");
  const { sizes } = about2;
  const wrong = [.../* @__PURE__ */ new Set([...Object.keys(sizes), ...needed2])].filter(
    (file) => seen.get(file) === void 0 || seen.get(file) !== sizes[file]
  );
  if (wrong.length > 0) throw refuse(`is incomplete: ${wrong.join(", ")}; use another archive`);
  if (encryptionFile in sizes && !expected.encryptionAtRest) {
    throw refuse("its Secrets are encrypted, and the stack has kubernetes.encryptionAtRest: false; set it to true");
  }
  return about2;
}
function aboutOf(name, text3, { cluster, kubernetes: kubernetes2 }) {
  const parsed = aboutSchema.safeParse(jsonOf(text3));
  if (!parsed.success) {
    const { format: format3 } = jsonOf(text3) ?? {};
    throw new Refusal2(
      typeof format3 === "number" && format3 !== 1 ? `${name}: has the format ${format3}, and this version of kube-control reads the format 1. Use the version that made it.` : `${name}: its about.json is not valid. Use another archive.`
    );
  }
  const about2 = parsed.data;
  if (about2.cluster !== cluster) {
    throw new Refusal2(
      `${name}: is of the cluster ${about2.cluster}, and the stack is ${cluster}. Use an archive of this cluster, or choose another stack (--stack).`
    );
  }
  if (about2.kubernetes !== kubernetes2) {
    throw new Refusal2(
      `${name}: has Kubernetes ${about2.kubernetes}, and the stack has ${kubernetes2}. Set kubernetes.version to ${about2.kubernetes} (and repository.url to its minor version, if it is set), restore, run pulumi up, and upgrade after that.`
    );
  }
  return about2;
}
function jsonOf(text3) {
  try {
    return JSON.parse(text3);
  } catch {
    return void 0;
  }
}
async function textOf({ content, size }) {
  if (size > 65536) throw new Error("its about.json is too large");
  const chunks = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
async function hasItsChecksum({ content, size }) {
  const hash = (0, import_node_crypto5.createHash)("sha256");
  let left2 = size - hashLength;
  let sum = Buffer.alloc(0);
  for await (const chunk of content) {
    const hashed = chunk.subarray(0, Math.max(0, left2));
    hash.update(hashed);
    left2 -= hashed.length;
    sum = Buffer.concat([sum, chunk.subarray(hashed.length)]);
  }
  return size > hashLength && hash.digest().equals(sum);
}
var hashLength = 32;

// operate/restore/arguments.ts
var usage3 = `usage: npm run restore -- --archive FILE --identity FILE [OPTION\u2026]
       npm run restore -- --survivor NAME [OPTION\u2026]
  --archive FILE     an archive of the backup, NODE-TIME.tar.age: prepares the masters to become the cluster that it contains
  --identity FILE    the identity of age that decrypts it
  --survivor NAME    the only master that still has etcd's data: it becomes the cluster, without an archive
  --stack NAME       the stack (default: the selected stack, else the lab's)
  --confirm FQDN     the control plane's name, instead of the question: what is named will be lost
exit codes: 0 done, run pulumi up next; 1 failed on a host; 2 refused: nothing was changed; 3 not confirmed: nothing was changed`;
function readRestoreOptions(args2) {
  const { archive: archive2, identity, survivor, ...options } = readArguments(args2, {
    ...commonOptions,
    archive: { type: "string" },
    identity: { type: "string" },
    survivor: { type: "string" },
    confirm: { type: "string" }
  });
  if (options.help) return options;
  if (survivor !== void 0) {
    if (archive2 !== void 0 || identity !== void 0) {
      throw new UsageError("--survivor cannot be combined with --archive or --identity");
    }
    return { ...options, source: { kind: "survivor", survivor } };
  }
  if (archive2 === void 0 || identity === void 0) {
    throw new UsageError("--archive and --identity are missing, or --survivor");
  }
  return { ...options, source: { kind: "archive", archive: archive2, identity } };
}

// operate/restore/masters.ts
var mastersOf = ({ hosts: hosts2 }) => hosts2.filter(({ role }) => role === "master");
var clusterOf = ({ fqdn, port: port2 }) => `${fqdn}:${port2}`;
var shared = () => [
  scriptFiles("host/name-lookup.sh", "host/kubernetes-here.sh"),
  `# the command for a person who gives a node up
reset_by_hand() { printf '%s' ${shellQuote(resetNode)}; }`,
  scriptFiles(
    "components/control-plane/certificates-timer.sh",
    "components/control-plane/node.sh",
    "components/control-plane/etcd-data.sh",
    "operate/restore/etcd.sh"
  )
].join("\n");
var variablesOf2 = (plan, { name, address: address2 }) => ({
  CLUSTER: clusterOf(plan),
  NODE: name,
  ROLE: "master",
  API: `https://${address2}:${plan.port}`
});
var surveyText2 = ({ plan }, host) => shellAssignments({ ...variablesOf2(plan, host), KC_HOST: host.name, KC_STEP: "restore" }) + [scriptFiles("host/prelude.sh"), shared(), scriptFiles("operate/restore/survey.sh")].join("\n");
async function surveyMasters(site) {
  const limits3 = { seconds: 120, mostBytes: 1e5 };
  return Promise.all(
    mastersOf(site.plan).map(async (host) => stateOf(host, await askHost(host, surveyText2(site, host), limits3)))
  );
}
var isRead2 = (master) => "state" in master;
function stateOf(host, answer) {
  if (answer.kind !== "answered") {
    return { host, isSilent: answer.kind === "unreachable", said: shown3(answer.said) || "no reason given" };
  }
  const facts = readFacts(answer.output);
  const time = numberOf(fact(facts, "time"));
  if (fact(facts, "complete") !== "yes" || time === void 0) {
    return { host, isSilent: false, said: "its output is incomplete" };
  }
  const other = shown3(fact(facts, "other") ?? "", 400);
  return {
    host,
    state: fact(facts, "state") ?? "",
    ...other === "" ? {} : { other },
    hasLeader: fact(facts, "leader") === "yes",
    hasData: fact(facts, "data") === "yes",
    isAlone: fact(facts, "alone") === "yes",
    dataBytes: numberOf(fact(facts, "data-bytes")) ?? 0,
    freeBytes: numberOf(fact(facts, "free-bytes")) ?? 0,
    etcdFreeBytes: numberOf(fact(facts, "etcd-free-bytes")) ?? 0,
    secondsAhead: time - Math.round(Date.now() / 1e3)
  };
}
function workText({ plan, podSubnet }, host, work, snapshotTime = "") {
  const input = work === "restore_master" ? "exec 4<&0\n" : "";
  return scriptText({
    where: host.name,
    step: "restore",
    prelude: `set -- ${work}
${input}${scriptFiles("host/prelude.sh")}`,
    script: [shared(), scriptFiles("operate/restore/master.sh", "operate/restore/survivor.sh")].join("\n"),
    variables: { ...variablesOf2(plan, host), POD_SUBNET: podSubnet, SNAPSHOT_TIME: snapshotTime },
    timeoutSeconds: workSeconds
  });
}
var workSeconds = 3600;
async function workOn(site, host, work, snapshotTime, input) {
  const limits3 = { seconds: workSeconds + 330, mostBytes: 1e6 };
  const answer = await askHost(host, workText(site, host, work, snapshotTime), limits3, input);
  return answer.kind === "answered" ? { host, ok: true, said: answer.output.trim() } : { host, ok: false, said: answer.said };
}

// operate/restore/plan.ts
var import_node_path10 = require("node:path");
var reserve = 512 * 1024 * 1024;
var clockTolerance = 60;
function stepsFromArchive(masters2, { sizes }) {
  refuseUnless(commonReasons(masters2));
  const [first] = masters2;
  if (first === void 0 || !isRead2(first)) {
    throw new Refusal2(
      `${first?.host.name}: does not answer, and the first master of the list becomes the cluster. Repair it, or list a master that answers before it.`
    );
  }
  const snapshot = sizes["etcd.db"] ?? 0;
  refuseUnless([
    ...wrongClock(first),
    // it arrives before the master is reset
    ...lackOfSpace(first, "/var/lib", first.freeBytes, snapshot + reserve),
    // the data that are made of it replace those of etcd
    ...lackOfSpace(first, "/var/lib/etcd", first.etcdFreeBytes + first.dataBytes, 2 * snapshot + reserve)
  ]);
  return stepsWith(first, masters2);
}
function stepsFromSurvivor(masters2, name) {
  const survivor = masters2.find(({ host }) => host.name === name);
  if (survivor === void 0) {
    throw new Refusal2(
      `--survivor: ${name} is not a master of this stack: ${masters2.map(({ host }) => host.name).join(", ")}.`
    );
  }
  if (!isRead2(survivor)) throw new Refusal2(`${name}: ${survivor.said}. It must answer.`);
  refuseUnless(commonReasons(masters2, survivor.isAlone ? survivor : void 0));
  if (survivor.state !== "member" || !survivor.hasData) {
    throw new Refusal2(
      `${name}: has no data of this cluster's etcd. Name a master that has, or restore an archive (--archive).`
    );
  }
  const needs = survivor.isAlone ? 0 : survivor.dataBytes + reserve;
  refuseUnless([...wrongClock(survivor), ...lackOfSpace(survivor, "/var/lib/etcd", survivor.etcdFreeBytes, needs)]);
  return stepsWith(survivor, masters2);
}
function wrongClock({ host, secondsAhead }) {
  if (Math.abs(secondsAhead) <= clockTolerance) return [];
  const differs = `${Math.abs(secondsAhead)} s ${secondsAhead > 0 ? "ahead of" : "behind"} this machine's`;
  return [
    `${host.name}: its clock is ${differs}. etcd's new revision is made of the time, and kubelets wait if it is lower than the former one. Synchronise the clocks of both by NTP: timedatectl set-ntp true.`
  ];
}
function lackOfSpace({ host }, folder, has, needs) {
  const mib = (bytes) => Math.ceil(bytes / 1024 / 1024);
  return has < needs ? [`${host.name}: has ${mib(has)} MiB free in ${folder}, and the restore needs ${mib(needs)} MiB. Free some space.`] : [];
}
function stepsWith(first, masters2) {
  const others = masters2.filter((master) => master !== first);
  return {
    first,
    reset: others.flatMap((master) => isRead2(master) && master.state !== "clean" ? [master.host] : []),
    silent: others.flatMap((master) => isRead2(master) ? [] : [master])
  };
}
function commonReasons(masters2, done) {
  const leaders = masters2.flatMap(
    (master) => isRead2(master) && master.hasLeader && master !== done && !isUnfinished(master) ? [master.host.name] : []
  );
  return [
    ...masters2.flatMap((master) => {
      const { name, address: address2 } = master.host;
      if (!isRead2(master))
        return master.isSilent ? [] : [`${name} (${address2}): answers, and could not be read: ${master.said}. Repair that.`];
      return [
        ...master.other === void 0 ? [] : [`${name} (${address2}): is ${master.other}. Correct the configuration.`],
        ...master.state === "foreign" && master.other === void 0 ? [`${name} (${address2}): has a Kubernetes node that kube-control did not set up.`] : []
      ];
    }),
    ...leaders.length === 0 ? [] : [
      `etcd has a leader (on ${leaders.join(", ")}), so the cluster is not lost: pulumi up joins lost masters again (docs/operations.md, Masters).`
    ]
  ];
}
var isUnfinished = ({ state }) => state === "restored" || state === "begun";
function refuseUnless(reasons2) {
  if (reasons2.length > 0) throw new Refusal2([...reasons2, "Nothing was changed."].join("\n"));
}
function lossesFromArchive({ first, reset, silent }, about2, archive2) {
  const newer = [...first.state === "clean" ? [] : [first.host], ...reset];
  return [
    `${about2.cluster} will be restored from ${(0, import_node_path10.resolve)(archive2)}:`,
    `  snapshot of ${about2.time}, revision ${about2.revision}, made by ${about2.node}`,
    "",
    "What is lost:",
    `  everything that was written to the cluster after ${about2.time}`,
    ...newer.map(({ name, address: address2 }) => `  the data of etcd, and the keys and certificates, on ${name} (${address2})`),
    ...newer.length > 0 ? ["  If one of them has newer data, stop here: npm run restore -- --survivor NAME keeps the data of NAME."] : [],
    ...silentLines(silent),
    ""
  ].join("\n");
}
function lossesFromSurvivor({ first, reset, silent }) {
  const { name, address: address2 } = first.host;
  return [
    `The data of etcd on ${name} (${address2}) will be the cluster.`,
    "",
    "What is lost:",
    `  everything that was not yet written on ${name} when etcd lost its majority`,
    ...reset.map((host) => `  the data of etcd, and the keys and certificates, on ${host.name} (${host.address})`),
    ...silentLines(silent),
    ""
  ].join("\n");
}
function silentLines(silent) {
  return silent.length === 0 ? [] : [
    "",
    "These masters do not answer. Their data are given up. If one comes back, it must not reach the network before this",
    "command has been run on it, because it could continue the former cluster:",
    ...silent.map(({ host }) => `  ${host.name} (${host.address})`),
    `  ${cleanUp.master.remove}`
  ];
}

// operate/restore/restore.ts
var restoreCodes = { done: 0, failed: 1, refused: 2, unconfirmed: 3 };
var tell = (text3) => process.stdout.write(`${text3}
`);
async function restore(args2, surroundings2) {
  try {
    const options = readRestoreOptions(args2);
    if (options.source === void 0) {
      tell(usage3);
      return 0;
    }
    const source = absolute(options.source, surroundings2.cwd);
    const stack = chooseStack(surroundings2, options.stack);
    process.chdir(programFolder(stack));
    const { values: values2 } = readConfiguration(stack);
    const { podSubnet, encryptionAtRest } = values2.kubernetes;
    const site = { plan: planOf(stack.name, values2), podSubnet };
    const end = source.kind === "archive" ? await fromArchive(site, encryptionAtRest, source, options) : await fromSurvivor(site, source.survivor, options);
    return restoreCodes[end];
  } catch (error) {
    process.stderr.write(`${error.message}
${error instanceof UsageError ? `${usage3}
` : ""}`);
    return restoreCodes.refused;
  }
}
function absolute(source, cwd) {
  if (source.kind === "survivor") return source;
  return { ...source, archive: (0, import_node_path11.resolve)(cwd, source.archive), identity: (0, import_node_path11.resolve)(cwd, source.identity) };
}
async function fromArchive(site, encryptionAtRest, { archive: archive2, identity }, options) {
  const { plan } = site;
  const expected = { cluster: clusterOf(plan), kubernetes: plan.kubernetes, encryptionAtRest };
  const about2 = await checkedArchive(archive2, await decrypted(archive2, identity), expected);
  const steps = stepsFromArchive(await surveyMasters(site), about2);
  tell(lossesFromArchive(steps, about2, archive2));
  if (!await isConfirmed(plan.fqdn, options.confirm)) return "unconfirmed";
  const first = steps.first.host;
  const input = await decrypted(archive2, identity);
  if (!report(await workOn(site, first, "restore_master", about2.time, input))) return failed(first);
  if (!await resetOthers(site, steps)) return "failed";
  tell(
    `
${first.name} has the files of the backup. Now run: pulumi up --refresh
It installs what is missing, makes the cluster on ${first.name}, and joins the other masters. Workers and pods of the snapshot come back by themselves.`
  );
  return "done";
}
async function fromSurvivor(site, name, options) {
  const steps = stepsFromSurvivor(await surveyMasters(site), name);
  tell(lossesFromSurvivor(steps));
  if (!await isConfirmed(site.plan.fqdn, options.confirm)) return "unconfirmed";
  const { host } = steps.first;
  if (!report(await workOn(site, host, "survive"))) return failed(host);
  if (!await resetOthers(site, steps)) return "failed";
  const [listed4] = site.plan.hosts.filter(({ role }) => role === "master");
  const order = listed4?.name === name ? "" : `list ${name} first in kube-control:masters, then `;
  tell(`
${name} serves the cluster alone. Now ${order}run: pulumi up --refresh
It joins the other masters again.`);
  return "done";
}
async function resetOthers(site, { reset }) {
  const outcomes = await Promise.all(reset.map((host) => workOn(site, host, "reset_master")));
  const failures2 = outcomes.filter((outcome) => !report(outcome));
  if (failures2.length === 0) return true;
  tell(`
Before pulumi up, run on ${failures2.map(({ host }) => host.name).join(" and ")}: ${resetNode}`);
  return false;
}
function failed({ name }) {
  tell(`
${name} failed, and no other master was changed. Repair what is named, and run the same command again.`);
  return "failed";
}
function report({ host, ok, said }) {
  const lines = (said === "" ? "done" : said).split("\n").map((line) => shown3(line, 400));
  tell(lines.map((line) => `${host.name}: ${ok ? "" : "failed: "}${line}`).join("\n"));
  return ok;
}
async function isConfirmed(fqdn, given) {
  const answer = given ?? await asked(`Type ${fqdn} to do this: `);
  if (answer === fqdn) return true;
  tell(
    answer === void 0 ? `Nothing was changed: there is no terminal. To do this, pass --confirm ${fqdn}.` : `Nothing was changed: ${shown3(answer)} is not ${fqdn}.`
  );
  return false;
}
async function asked(question) {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return void 0;
  const terminal = (0, import_promises3.createInterface)({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}

// operate/status.ts
var import_node_fs15 = require("node:fs");
var import_node_path14 = require("node:path");
var import_promises6 = require("node:timers/promises");

// operate/drift.ts
var import_node_child_process4 = require("node:child_process");
var import_node_path12 = require("node:path");

// provider/host-state.ts
var import_node_crypto6 = require("node:crypto");

// provider/printable.ts
function printable2(text3, longest3 = 500) {
  return text3.replaceAll(new RegExp("\\p{Cc}", "gu"), "?").slice(0, longest3);
}

// provider/secrets.ts
var secretMark = "4dabf18193072939515e22adb298388d";

// provider/host-state.ts
async function inspect(hosts2, checks2) {
  const end = `kc-end-${(0, import_node_crypto6.randomBytes)(8).toString("hex")}`;
  const started = checks2.map(
    ({ text: text4 }, at) => `exec {check${at}}< <(bash -s -- check 2>&1 <<'${end}' || true
${text4}
printf '%s ${at}\\n' ${end}
${end}
)
`
  );
  const text3 = [...started, ...checks2.map((_, at) => `cat <&"$check${at}"
`)].join("");
  const silent = [];
  for (const host of hosts2) {
    const answer = await runOverSsh(host, text3, { seconds: 75, patienceSeconds: 0, mostBytes: 1e6 });
    if (answer.kind === "answered") return reportOf(checks2, answer.output, end);
    const what = answer.kind === "unreachable" ? "does not answer" : "cannot be checked";
    silent.push(hosts2.length === 1 ? `${what}: ${answer.said}` : `${host.name} ${what}: ${answer.said}`);
  }
  return { differences: { host: printable2(silent.join("; ")) }, notes: {} };
}
function reportOf(checks2, output2, end) {
  const report3 = { differences: {}, notes: {} };
  let rest = output2;
  checks2.forEach(({ what }, at) => {
    const mark = `${end} ${at}
`;
    const found = rest.indexOf(mark);
    const lines = (found < 0 ? rest : rest.slice(0, found)).split("\n");
    rest = found < 0 ? rest : rest.slice(found + mark.length);
    if (found < 0) {
      report3.differences[what] = `could not be checked: ${printable2(lines.slice(-8).join("; "))}`;
    }
    collect(lines, report3);
  });
  return report3;
}
var subjects = 100;
function collect(lines, report3) {
  let into;
  let subject = "";
  for (const line of lines) {
    const [, kind, of2 = "", text3 = ""] = /^(differs|note) ([^:]{1,120}): (.*)$/s.exec(line) ?? [];
    if (kind !== void 0) {
      into = kind === "differs" ? report3.differences : report3.notes;
      subject = printable2(of2);
      if (Object.keys(into).length < subjects) into[subject] = printable2(text3);
    } else if (line.startsWith("  ") && into?.[subject] !== void 0) {
      into[subject] += `
${printable2(line)}`;
    }
  }
}

// operate/finding.ts
var levels = ["down", "degraded", "unknown", "note"];
function listed3(names2) {
  return names2.length < 2 ? names2.join("") : `${names2.slice(0, -1).join(", ")} and ${names2.at(-1)}`;
}
function unknown(host, what) {
  const todo = "Log in there and check it by hand. docs/status.md describes each line.";
  return { level: "unknown", host, what: `${host} did not report ${what}`, todo };
}

// operate/drift.ts
var exportSeconds = 30;
async function readDrift(stack, { env }) {
  try {
    const states = byHost(hostStates(await exportedState(stack, env)));
    const reports = await Promise.all(
      states.map(async ({ about: about2, hosts: hosts2, checks: checks2 }) => ({ about: about2, ...await inspect(hosts2, checks2) }))
    );
    return { kind: "read", reports };
  } catch (error) {
    return { kind: "unread", why: error.message };
  }
}
function exportedState({ name, projectFile }, env) {
  return new Promise((resolve7, reject) => {
    const args2 = ["stack", "export", "--show-secrets", "--non-interactive", "--stack", name];
    const child = (0, import_node_child_process4.spawn)("pulumi", args2, { cwd: (0, import_node_path12.dirname)(projectFile), env, timeout: exportSeconds * 1e3 });
    let [state, errors] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text3) => state += text3);
    child.stderr.setEncoding("utf8").on("data", (text3) => errors += text3);
    child.on("error", (error) => reject(new Error(`pulumi cannot be started (${error.message})`)));
    child.on("close", (code) => {
      if (code === 0) resolve7(state);
      else reject(new Error(`pulumi stack export failed: ${shown3(errors.trim().split("\n").at(-1) ?? "", 200)}`));
    });
  });
}
function hostStates(exported) {
  const { deployment } = JSON.parse(exported);
  return (deployment.resources ?? []).filter((resource) => resource.type === "kube-control-hosts:index:HostState" && resource.delete !== true).map(({ inputs }) => open(inputs));
}
function byHost(states) {
  const joined = /* @__PURE__ */ new Map();
  for (const state of states) {
    const key = JSON.stringify([state.about, state.hosts]);
    joined.set(key, { ...state, checks: [...joined.get(key)?.checks ?? [], ...state.checks] });
  }
  return [...joined.values()];
}
function open(value) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(open);
  if (secretMark in value) return open(JSON.parse(String(value.plaintext)));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, open(inner)]));
}
var remedy = (about2) => `Run \`pulumi refresh\`, which prints the differences of ${about2}, then \`pulumi up\`, which corrects them.`;
function drift(read4) {
  const subject = { key: "drift", name: "drift" };
  if (read4.kind === "unread") {
    const what = `the hosts were not compared with the state: ${read4.why}`;
    const todo = "Set PULUMI_CONFIG_PASSPHRASE or log in to the backend, as for `pulumi up`.";
    return { ...subject, summary: "not compared", findings: [{ level: "note", what, todo }], facts: null };
  }
  const differing = read4.reports.filter(({ differences: differences2 }) => Object.keys(differences2).length > 0);
  const findings = differing.flatMap(
    ({ about: about2, differences: differences2 }) => (
      // the first line only: a refresh prints the lines of a file that differ
      Object.entries(differences2).map(([of2, text3]) => {
        const [first = ""] = text3.split("\n");
        return {
          level: "degraded",
          host: about2,
          what: `${about2}: ${shown3(of2)} ${shown3(first, 200)}`,
          todo: remedy(about2)
        };
      })
    )
  );
  const names2 = [...new Set(differing.map(({ about: about2 }) => about2))];
  return {
    ...subject,
    summary: names2.length === 0 ? "no differences" : listed3(names2),
    findings,
    facts: subjectsOf(read4.reports)
  };
}
function subjectsOf(reports) {
  const all = {};
  for (const { about: about2, differences: differences2 } of reports) (all[about2] ??= []).push(...Object.keys(differences2));
  return all;
}

// operate/view.ts
function answered({ readings }, ...roles2) {
  return readings.filter(
    (reading) => reading.kind === "answered" && (roles2.length === 0 || roles2.includes(reading.host.role))
  );
}
function hostsOf({ plan }, ...roles2) {
  return plan.hosts.filter(({ role }) => roles2.includes(role));
}

// operate/subjects/agent.ts
function agent(view) {
  const [monitor2] = answered(view, "monitor");
  if (monitor2 === void 0) {
    return { name: "agent", summary: "not read", findings: [], facts: null };
  }
  const { host, facts } = monitor2;
  const { listener: listener2 } = view.plan;
  const container = containerOf(facts);
  const status2 = listenerStatus(facts, listener2);
  const secondsAgo = lastPacket(facts, listener2.port);
  const bytes = received(facts, listener2);
  const key = fact(facts, "agent-key");
  const line = secondsAgo === void 0 ? `time of the last line unknown${bytes === void 0 ? "" : `, ${bytes} since its start`}` : `last line at most ${secondsAgo} s ago`;
  return {
    name: "agent",
    summary: `${container?.state ?? "?"}, ${container?.health ?? "?"}; ${listener2.name} ${listener2.type} ${listener2.port} ${status2 ?? "?"}; ${line}`,
    findings: container === void 0 ? containerMissing(host.name, fact(facts, "agent")) : [
      ...containerFindings(host.name, container),
      ...container.state === "running" ? listenerFindings(host.name, listener2, status2, facts) : [],
      ...key === void 0 ? [] : [
        {
          level: "degraded",
          host: host.name,
          what: "Datadog refuses the agent's API key",
          todo: "Set kube-control:datadogApiKey to a key of the organisation, and run `pulumi up`."
        }
      ]
    ],
    facts: {
      container: container ?? null,
      listener: { ...listener2, status: status2 ?? null, received: bytes ?? null },
      lastLineSecondsAgo: secondsAgo ?? null
    }
  };
}
function containerOf(facts) {
  const [state = "", health = "-", restarts, startedAt = "", image = ""] = (fact(facts, "agent") ?? "").split(" ");
  return /^(created|running|paused|restarting|removing|exited|dead)$/.test(state) ? { state, health, restarts: numberOf(restarts) ?? 0, startedAt, image } : void 0;
}
function containerMissing(host, said) {
  if (said === void 0) return [unknown(host, "the state of the agent's container")];
  const why = said.replace(/^absent /, "");
  return [
    {
      level: "degraded",
      host,
      what: `the agent's container on ${host} was not found: ${shown3(why, 100)}`,
      todo: "Check Docker there. `pulumi up --refresh` creates the container again."
    }
  ];
}
function containerFindings(host, { state, health }) {
  if (state !== "running") {
    return [
      {
        level: "degraded",
        host,
        what: `the agent's container on ${host} is ${state}`,
        todo: "Run docker logs dd-agent there, then docker start dd-agent."
      }
    ];
  }
  if (health === "starting") {
    return [{ level: "note", host, what: "the agent has just started", todo: "Run this again in a minute." }];
  }
  return health === "healthy" || health === "-" ? [] : [
    {
      level: "degraded",
      host,
      what: `the agent on ${host} is ${health}`,
      todo: "Run docker exec dd-agent agent health there: it names the unhealthy part."
    }
  ];
}
var isOf = ({ name, type, port: port2 }, row) => row[0] === name && row[1] === type && row[2] === String(port2);
function listenerStatus(facts, listener2) {
  const text3 = rows(facts, "listener").find((row) => isOf(listener2, row));
  return text3 === void 0 ? void 0 : shown3(text3.slice(3).join(" "), 60);
}
function received(facts, listener2) {
  const bytes = numberOf(rows(facts, "listener-bytes").find((row) => isOf(listener2, row))?.[3]);
  return bytes === void 0 ? void 0 : `${bytes} bytes`;
}
function listenerFindings(host, listener2, status2, facts) {
  const { name, type, port: port2 } = listener2;
  if (status2 === "OK") return [];
  if (status2 === void 0 && !facts.has("listener") && !facts.has("agent-version")) {
    return [unknown(host, "the agent's listeners")];
  }
  return [
    {
      level: "degraded",
      host,
      what: `the agent's listener ${name} (${type} ${port2}) is ${status2 ?? "not in its status"}`,
      todo: "Run docker logs dd-agent there. `pulumi up --refresh` corrects the configuration."
    }
  ];
}
function lastPacket(facts, port2) {
  const [single, stream] = (fact(facts, "udp-lifetimes") ?? "").split(" ").map(numberOf);
  const ages = rows(facts, "last-packet").flatMap(([to, left2, kind]) => {
    const [remaining, lifetime] = [numberOf(left2), kind === "stream" ? stream : single];
    return to === String(port2) && remaining !== void 0 && lifetime !== void 0 && remaining <= lifetime ? [lifetime - remaining] : [];
  });
  return ages.length === 0 ? void 0 : Math.min(...ages);
}

// operate/subjects/endpoint.ts
function endpoint2(view) {
  const { fqdn, port: port2, virtualIp: virtualIp3 } = view.plan;
  const [byName, byAddress] = ["name", "address"].map((way) => asksOf(view, way));
  const { fromHere } = view;
  const isOk = { name: anyOk(byName), address: anyOk(byAddress) };
  const findings = [...reachability(view, byName, byAddress), ...resolution(view)];
  return {
    name: "endpoint",
    summary: `${fqdn} resolves to ${virtualIp3}; /readyz is ok at both`,
    findings,
    facts: {
      fqdn,
      port: port2,
      virtualIp: virtualIp3,
      byName: isOk.name ?? null,
      byAddress: isOk.address ?? null,
      asks: { byName, byAddress },
      fromHere
    }
  };
}
var failures = {
  0: "no answer",
  6: "the name does not resolve",
  7: "refused",
  28: "timed out",
  35: "TLS handshake failed",
  52: "no answer",
  56: "connection broken",
  58: "the client certificate cannot be read",
  60: "the certificate is not trusted"
};
function whyNot({ status: status2, failure, body }) {
  if (status2 === 0) return failures[failure] ?? `failed (curl's exit code ${failure})`;
  return `answers ${status2}${body === "" ? "" : `: ${body.slice(0, 80)}`}`;
}
function asksOf(view, way) {
  return answered(view).flatMap(({ host, facts }) => {
    const [, checks2, text3] = /^(checked|unchecked) (.*)$/s.exec(fact(facts, `endpoint-${way}`) ?? "") ?? [];
    const answer = webAnswer(text3);
    return answer === void 0 ? [] : [{ host: host.name, isChecked: checks2 === "checked", isOk: answer.status === 200, why: whyNot(answer) }];
  });
}
function anyOk(asks) {
  const checked = asks.filter(({ isChecked }) => isChecked);
  const relevant = checked.length > 0 ? checked : asks;
  return relevant.length === 0 ? void 0 : relevant.some(({ isOk }) => isOk);
}
var reasons = (asks) => listed3([...new Set(asks.filter(({ isOk }) => !isOk).map(({ why }) => why))]);
function reachability(view, byName, byAddress) {
  const { fqdn, port: port2, virtualIp: virtualIp3 } = view.plan;
  const { readyz } = view.fromHere;
  const answersHere = "status" in readyz && readyz.status === 200;
  const isOk = { name: anyOk(byName), address: anyOk(byAddress) };
  if (isOk.name === void 0) {
    const todo = "Check the endpoint from a client: kubectl get --raw /readyz.";
    return answersHere ? [{ level: "unknown", what: `no host reported on ${fqdn}:${port2}; ${virtualIp3} answers this machine`, todo }] : [
      {
        level: "unknown",
        what: `no host reported on ${fqdn}:${port2}, and ${virtualIp3} does not answer this machine`,
        todo
      }
    ];
  }
  if (!isOk.name) {
    return [
      isOk.address === true ? {
        level: "down",
        what: `no API server answers at ${fqdn}:${port2} (${reasons(byName)}), but one answers at ${virtualIp3}`,
        todo: "Run `pulumi up --refresh`: it corrects the DNS record, and /etc/hosts of the nodes."
      } : {
        level: "down",
        what: `no API server answers at ${fqdn}:${port2} (${reasons(byName)}) or at ${virtualIp3} (${reasons(byAddress)})`,
        todo: "See the lines below for the virtual IP, HAProxy, API servers and etcd, in this order."
      }
    ];
  }
  if (isOk.address === false) {
    return [
      {
        level: "degraded",
        what: `no API server answers at the virtual IP ${virtualIp3} (${reasons(byAddress)}), but one answers at the name`,
        todo: "See the lines of the virtual IP and of HAProxy. Until it is repaired, the name is not highly available."
      }
    ];
  }
  const failed3 = byName.filter((ask) => !ask.isOk);
  return [
    ...failed3.map(({ host, why }) => ({
      level: "degraded",
      host,
      what: `${host} does not reach ${fqdn}:${port2}: ${why}`,
      todo: "Check its name resolution and its route to the virtual IP. Other hosts reach the endpoint."
    })),
    ...answersHere ? [] : [
      {
        level: "note",
        what: `/readyz at ${virtualIp3}:${port2} fails from this machine: ${"failure" in readyz ? readyz.failure : `status ${readyz.status}`}`,
        todo: "The hosts reach it. If this machine needs the cluster, check its route to the virtual IP."
      }
    ]
  ];
}
function resolution(view) {
  const { fqdn, virtualIp: virtualIp3, nameServers } = view.plan;
  const { name } = view.fromHere;
  const isNode = ({ host }) => host.role === "master" || host.role === "worker";
  const wrong = answered(view).filter(({ facts }) => {
    const seen = fact(facts, "name-leads-to");
    return facts.has("name-leads-to") && seen !== virtualIp3;
  });
  const resolves = answered(view).some(
    (reading) => !isNode(reading) && fact(reading.facts, "name-leads-to") === virtualIp3
  );
  const findings = wrong.map((reading) => {
    const seen = fact(reading.facts, "name-leads-to");
    return {
      level: "degraded",
      host: reading.host.name,
      what: `${reading.host.name} resolves ${fqdn} to ${seen ?? "nothing"}, not to ${virtualIp3}`,
      todo: isNode(reading) ? "Correct /etc/hosts there, or run `pulumi up --refresh`." : "Correct the DNS record, or the name servers of that host."
    };
  });
  const asked2 = nameServers.length > 0 ? listed3(nameServers) : "DNS on this machine";
  if ("failure" in name) {
    const what = `${asked2} does not resolve ${fqdn}: ${name.failure}`;
    findings.push(
      nameServers.length === 0 && resolves ? { level: "note", what, todo: "The hosts resolve it. Clients that use this machine's name servers do not." } : { level: "degraded", what, todo: "Check the zone's name server. Nodes resolve the name by /etc/hosts." }
    );
  } else if (name.addresses.join() !== virtualIp3) {
    findings.push({
      level: "degraded",
      what: `${asked2} resolves ${fqdn} to ${listed3(name.addresses)}, not to ${virtualIp3}`,
      todo: "Run `pulumi up --refresh`: it sets the record to the virtual IP. A resolver may keep the old address for the TTL."
    });
  }
  return findings;
}

// operate/subjects/api-servers.ts
function apiServers(view) {
  const all = answered(view, "master").map(({ host, facts }) => ({
    name: host.name,
    answer: webAnswer(fact(facts, "readyz"))
  }));
  const ready = all.filter(({ answer }) => answer?.status === 200).map(({ name }) => name);
  return {
    name: "API servers",
    summary: `${listed3(ready)} ready`,
    findings: all.flatMap(({ name, answer }) => {
      if (answer === void 0) return [unknown(name, "the state of its API server")];
      return answer.status === 200 ? [] : [
        {
          level: "degraded",
          host: name,
          what: `the API server of ${name} is not ready: ${whyNot(answer)}`,
          todo: "Check etcd and kubelet there: journalctl -u kubelet, crictl ps -a, /var/log/pods."
        }
      ];
    }),
    facts: Object.fromEntries(
      all.map(({ name, answer }) => [name, answer === void 0 ? null : { ready: answer.status === 200, ...answer }])
    )
  };
}

// operate/subjects/backups.ts
var import_zod17 = require("zod");

// operate/subjects/timed-unit.ts
function timedUnit(facts, name, shape) {
  const [[state, result] = []] = rows(facts, `${name}-service`);
  const [[active, enabled] = []] = rows(facts, `${name}-timer`);
  return {
    ...{ state, result },
    timer: active === void 0 || enabled === void 0 ? void 0 : { active, enabled },
    last: lastOf2(facts, name, shape)
  };
}
function lastOf2(facts, name, shape) {
  try {
    const value = JSON.parse(
      fact(facts, `${name}-last`) ?? "",
      (_, inner) => typeof inner === "string" ? printable(inner) : inner
    );
    return shape.safeParse(value).data;
  } catch {
    return void 0;
  }
}
var journalOf = (unit3) => `Run journalctl -u ${unit3} there. When the cause is removed: systemctl start ${unit3}.`;
var hasFailed = ({ state, result, last }) => state !== "activating" && result !== void 0 && result !== "success" || last?.result === "failed";
function timedUnitFindings({ host, noun, run, unit: unit3 }, seen) {
  const { timer, result, last } = seen;
  if (timer === void 0) return [unknown(host, `the timer of its ${noun}`)];
  const find = (what, todo) => ({ level: "degraded", host, what, todo });
  const findings = [];
  if (timer.active !== "active" || timer.enabled !== "enabled") {
    const what = `the timer of the ${noun} on ${host} is ${timer.active} and ${timer.enabled}`;
    findings.push(find(what, `Run systemctl enable --now ${unit3}.timer there.`));
  }
  if (hasFailed(seen)) {
    const why = last?.result === "failed" && last.message !== "" ? last.message : result ?? "no reason given";
    findings.push(find(`the last ${run} failed: ${shown3(why, 200)}`, journalOf(unit3)));
  }
  return findings;
}

// operate/subjects/uploads.ts
var import_zod16 = require("zod");
var lastShape = import_zod16.z.object({
  time: import_zod16.z.string().max(40),
  result: import_zod16.z.enum(["ok", "failed"]),
  archives: import_zod16.z.number(),
  stored: import_zod16.z.number(),
  message: import_zod16.z.string().max(1e3)
});
var unit = "kube-control-backup-upload";
function uploads(view, { bucket, copyTo }) {
  const host = answered(view).find((reading) => reading.host.name === copyTo);
  if (bucket === void 0 || host === void 0) return { findings: [], facts: {} };
  const seen = timedUnit(host.facts, "upload", lastShape);
  const named2 = { host: copyTo, noun: "uploads", run: `upload to ${bucket}`, unit };
  const findings = timedUnitFindings(named2, seen);
  const isNew = findings.length === 0 && seen.last === void 0 && seen.state !== "activating";
  const never = {
    level: "degraded",
    host: copyTo,
    what: `${copyTo} has not uploaded to ${bucket} yet`,
    todo: journalOf(unit)
  };
  return { findings: isNew ? [never] : findings, facts: { bucket, upload: seen.last ?? null } };
}

// operate/subjects/backups.ts
var lastShape2 = import_zod17.z.object({
  time: import_zod17.z.string().max(40),
  result: import_zod17.z.enum(["ok", "failed"]),
  archive: import_zod17.z.string().max(200),
  bytes: import_zod17.z.number(),
  revision: import_zod17.z.number(),
  copied: import_zod17.z.boolean(),
  message: import_zod17.z.string().max(1e3)
});
var about = "docs/operations.md describes the backup.";
var unit2 = "kube-control-backup";
var journal = journalOf(unit2);
function backups(view) {
  const { backup: backup2 } = view.plan;
  if (backup2 === void 0) {
    const todo = `Set kube-control:backup.recipients to a public key of age, and run \`pulumi up\`. ${about}`;
    const findings = [{ level: "note", what: "the stack has no backup", todo }];
    return { name: "backup", summary: "none", findings, facts: null };
  }
  const masters2 = answered(view, "master").map(masterOf);
  const copies = copiesOn(view, backup2.copyTo);
  const copied = copies === void 0 ? [] : [...copies.values()].flat();
  const times = [...masters2.flatMap(({ archives: archives2 }) => archives2), ...copied].map(({ time }) => time);
  const newest = times.sort().at(-1);
  const uploaded = uploads(view, backup2);
  const isUnread = masters2.length < hostsOf(view, "master").length;
  return {
    name: "backup",
    summary: `the newest is ${newest === void 0 ? "unknown" : ageOf(newest, view.now)} old; ${masters2.map(({ name, archives: archives2 }) => `${name} ${archives2.length}`).join(", ")}; copies on ${backup2.copyTo}` + (backup2.bucket === void 0 ? "" : ` and in ${backup2.bucket}`),
    findings: [
      ...ageFindings(newest, backup2.intervalHours, isUnread, view.now),
      ...masters2.flatMap((master) => masterFindings(master)),
      ...copies === void 0 ? [] : masters2.flatMap((master) => copyFindings(master, copies, backup2.copyTo)),
      ...uploaded.findings
    ],
    facts: {
      copyTo: backup2.copyTo,
      intervalHours: backup2.intervalHours,
      ...uploaded.facts,
      newest: newest ?? null,
      masters: Object.fromEntries(
        masters2.map((master) => [
          master.name,
          {
            archives: master.archives.length,
            newest: master.archives.at(-1) ?? null,
            last: master.last ?? null,
            notCopied: copies === void 0 ? null : missingCopies(master, copies).map(({ name }) => name)
          }
        ])
      )
    }
  };
}
function archiveOf(node2, name, bytes) {
  const [, year, month, day, hour, minute, second] = /-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.tar\.age$/.exec(name) ?? [];
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  return name.startsWith(`${node2}-`) && !Number.isNaN(Date.parse(time)) ? [{ name, time, bytes: numberOf(bytes) ?? null }] : [];
}
var byTime = (one, other) => one.time < other.time ? -1 : 1;
function masterOf({ host: { name }, facts }) {
  return {
    ...timedUnit(facts, "backup", lastShape2),
    name,
    archives: rows(facts, "backup-archive").flatMap(([archive2 = "", bytes]) => archiveOf(name, archive2, bytes)).sort(byTime)
  };
}
function copiesOn(view, copyTo) {
  const host = answered(view).find((reading) => reading.host.name === copyTo);
  if (host === void 0) return void 0;
  const copies = /* @__PURE__ */ new Map();
  for (const [node2 = "", name = "", bytes] of rows(host.facts, "backup-copy")) {
    copies.set(node2, [...copies.get(node2) ?? [], ...archiveOf(node2, name, bytes)]);
  }
  return copies;
}
function ageFindings(newest, intervalHours, isUnread, now) {
  const hours = oldestHours(intervalHours);
  const todo = `Run systemctl list-timers kube-control-backup on the masters. ${journal}`;
  if (newest === void 0) {
    const what = "no host that answers has an archive";
    return [{ level: isUnread ? "unknown" : "degraded", what, todo }];
  }
  return now.getTime() - Date.parse(newest) <= hours * 36e5 ? [] : [{ level: "degraded", what: `the newest archive is ${ageOf(newest, now)} old; the limit is ${hours} h`, todo }];
}
function masterFindings(master) {
  const { name, archives: archives2, timer } = master;
  const found = timedUnitFindings({ host: name, noun: "backup", run: `backup of ${name}`, unit: unit2 }, master);
  return timer === void 0 || hasFailed(master) || archives2.length > 0 ? found : [...found, { level: "degraded", host: name, what: `${name} has no archive`, todo: journal }];
}
var missingCopies = ({ name, archives: archives2 }, copies) => archives2.filter((archive2) => !copies.get(name)?.some((copy) => copy.name === archive2.name));
function copyFindings(master, copies, copyTo) {
  const missing = missingCopies(master, copies);
  return missing.length === 0 || master.state === "activating" ? [] : [
    {
      level: "degraded",
      host: master.name,
      what: `${copyTo} has no copy of ${missing.length} archives of ${master.name}: the newest is ${missing.at(-1)?.name}`,
      todo: `Each run copies what is missing. ${journal}`
    }
  ];
}
function ageOf(time, now) {
  const minutes2 = Math.max(0, Math.floor((now.getTime() - Date.parse(time)) / 6e4));
  return minutes2 < 120 ? `${minutes2} min` : `${Math.floor(minutes2 / 60)} h`;
}

// operate/subjects/certificates.ts
var import_node_crypto7 = require("node:crypto");
var leastOfKubelet = 0.05;
function certificates(view) {
  const { certificateSeconds } = view.plan;
  const all = answered(view, "master", "worker").map(({ host, facts }) => {
    const files3 = rows(facts, "certificate").map(([file = "", der = ""]) => ({
      file,
      read: read3(file, der, view.now)
    }));
    return {
      name: host.name,
      role: host.role,
      certificates: files3.flatMap((one) => one.read ?? []),
      unreadable: files3.filter((one) => one.read === void 0).map(({ file }) => file),
      renewal: renewalOf(facts)
    };
  });
  const seconds2 = all.flatMap((one) => one.certificates.map((certificate) => certificate.seconds));
  return {
    name: "certificates",
    summary: seconds2.length === 0 ? "none" : `${seconds2.length}, the first expires in ${durationText(Math.max(0, Math.min(...seconds2)))}`,
    findings: all.flatMap(({ name, role, certificates: of2, unreadable, renewal }) => {
      const least2 = role === "master" ? "/etc/kubernetes/pki/apiserver.crt" : "/var/lib/kubelet/pki";
      const isMissing = !of2.some(({ file }) => file.startsWith(least2));
      return [
        ...isMissing ? [unknown(name, "the end of its certificates")] : [],
        ...unreadable.map((file) => unknown(name, `a readable certificate in ${file}`)),
        ...expiring(name, of2, certificateSeconds),
        ...renewal === void 0 || renewal.result === "success" ? [] : [failed2(name, renewal)]
      ];
    }),
    facts: Object.fromEntries(
      all.map(({ name, certificates: of2 }) => [
        name,
        of2.map(({ file, expires, seconds: left2 }) => ({ file, expires, days: Math.floor(left2 / 86400) }))
      ])
    )
  };
}
function read3(file, der, now) {
  try {
    const { validFrom, validTo } = new import_node_crypto7.X509Certificate(Buffer.from(der, "base64"));
    const [begin, end] = [new Date(validFrom), new Date(validTo)];
    const seconds2 = Math.floor((end.getTime() - now.getTime()) / 1e3);
    return { file, expires: end.toISOString(), seconds: seconds2, validity: (end.getTime() - begin.getTime()) / 1e3 };
  } catch {
    return void 0;
  }
}
function renewalOf(facts) {
  const [result = "", time = ""] = (fact(facts, "certificate-renewal") ?? "").split(" ");
  const seconds2 = numberOf(time.replace(/^@/, ""));
  return result === "" || seconds2 === void 0 ? void 0 : { result, ended: new Date(seconds2 * 1e3).toISOString().replace(/\.\d+/, "") };
}
function failed2(host, { result, ended: ended2 }) {
  return {
    level: "degraded",
    host,
    what: `the renewal of certificates on ${host} failed (${result}) at ${ended2}`,
    todo: "Run journalctl -u kube-control-certificates -n 50 there. It runs again every minute."
  };
}
var renewers = {
  kubelet: "kubelet renews it automatically while it reaches the API server. Check journalctl -u kubelet there.",
  timer: "A timer renews them earlier. Check it there: systemctl status kube-control-certificates.timer, journalctl -u kube-control-certificates.",
  operator: "Nothing renews an authority: replace all of them (docs/operations.md, New certificate authorities)."
};
function renewerOf(file) {
  if (file.startsWith("/var/lib/kubelet/")) return "kubelet";
  return /\/pki\/(?:etcd\/|front-proxy-|signing-)?ca\.crt$/.test(file) ? "operator" : "timer";
}
function expiring(host, all, ofTimer) {
  const least2 = (renewer, { validity }) => ({ kubelet: leastOfKubelet * validity, timer: ofTimer, operator: authorityAlertBefore })[renewer];
  return Object.keys(renewers).flatMap((renewer) => {
    const some = all.filter((one) => renewerOf(one.file) === renewer && one.seconds < least2(renewer, one)).sort((one, other) => one.seconds - other.seconds);
    const [first] = some;
    if (first === void 0) return [];
    const names2 = listed3(some.map(({ file }) => file.replace(/^\/etc\/kubernetes\//, "")));
    const when = first.seconds < 0 ? `expired ${durationText(-first.seconds)} ago` : `${durationText(first.seconds)} left`;
    return [
      {
        level: "degraded",
        host,
        what: `certificates of ${host}: ${when}: ${names2}`,
        todo: renewers[renewer]
      }
    ];
  });
}

// operate/subjects/clocks.ts
var tolerance = 2e3;
function clocks(view) {
  const all = answered(view);
  const known3 = all.flatMap(({ clock: clock2 }) => clock2 ?? []).sort((one, other) => one.ahead - other.ahead);
  const [earliest, latest] = [known3.at(0), known3.at(-1)];
  const apart = earliest === void 0 || latest === void 0 ? 0 : latest.ahead - earliest.ahead;
  const error = (earliest?.uncertainty ?? 0) + (latest?.uncertainty ?? 0);
  const findings = all.filter(({ clock: clock2 }) => clock2 === void 0).map(({ host }) => unknown(host.name, "its time"));
  if (apart > tolerance + error) {
    findings.push({
      level: "degraded",
      what: `the clocks of ${latest?.name ?? ""} and ${earliest?.name ?? ""} are ${(apart / 1e3).toFixed(1)} s apart`,
      todo: "Synchronise them by NTP: timedatectl set-ntp true. etcd and certificates need the same time on all hosts."
    });
  }
  return {
    name: "clocks",
    summary: `at most ${((apart + error) / 1e3).toFixed(1)} s apart`,
    findings,
    facts: Object.fromEntries(
      known3.map(({ name, ahead, uncertainty }) => [
        name,
        { aheadSeconds: round(ahead), uncertaintySeconds: round(uncertainty) }
      ])
    )
  };
}
var round = (milliseconds2) => Math.round(milliseconds2 / 10) / 100;

// operate/subjects/etcd.ts
var import_zod18 = require("zod");
var number = import_zod18.z.union([import_zod18.z.string().regex(/^\d{1,20}$/), import_zod18.z.number()]).transform(String);
var statusShape = import_zod18.z.object({
  header: import_zod18.z.object({ member_id: number.optional() }).optional(),
  version: import_zod18.z.string().max(40).optional(),
  dbSize: number.optional(),
  dbSizeInUse: number.optional(),
  dbSizeQuota: number.optional(),
  leader: number.optional(),
  isLearner: import_zod18.z.boolean().optional(),
  errors: import_zod18.z.array(import_zod18.z.string().max(500)).max(20).optional()
});
var membersShape = import_zod18.z.object({
  members: import_zod18.z.array(
    import_zod18.z.object({
      ID: number,
      name: import_zod18.z.string().max(300).optional(),
      clientURLs: import_zod18.z.array(import_zod18.z.string()).optional(),
      isLearner: import_zod18.z.boolean().optional()
    })
  ).max(100)
});
var alarmsShape = import_zod18.z.object({
  alarms: import_zod18.z.array(import_zod18.z.object({ memberID: number.optional(), alarm: import_zod18.z.string().max(40).optional() })).optional()
});
var usualQuota = 2 * 1024 ** 3;
var fullAt = 0.8;
function etcd3(view) {
  const masters2 = hostsOf(view, "master").map(({ name }) => name);
  const all = answered(view, "master").map(({ host, facts }) => {
    const status2 = statusShape.safeParse(jsonAnswer(fact(facts, "etcd-status"))).data;
    const members2 = membersShape.safeParse(jsonAnswer(fact(facts, "etcd-members"))).data?.members.map(({ ID, name = "", clientURLs = [], isLearner = false }) => ({
      id: ID,
      name,
      isStarted: clientURLs.length > 0,
      isLearner
    }));
    const alarms2 = alarmsShape.safeParse(jsonAnswer(fact(facts, "etcd-alarms"))).data?.alarms;
    return { name: host.name, status: status2, members: members2, alarms: alarms2, answer: webAnswer(fact(facts, "etcd-status")) };
  });
  const members = all.find((one) => one.members !== void 0)?.members;
  const nameOf2 = (id) => members?.find((member) => member.id === id)?.name ?? id ?? "?";
  const leaders = [...new Set(all.flatMap(({ status: status2 }) => leaderOf(status2?.leader)))];
  const alarms = [
    ...new Set(
      all.flatMap((one) => (one.alarms ?? []).map(({ memberID, alarm = "?" }) => `${alarm} of ${nameOf2(memberID)}`))
    )
  ];
  const sizes = all.flatMap(({ name, status: status2 }) => {
    const bytes = Number(status2?.dbSize ?? 0);
    const quota = Number(status2?.dbSizeQuota ?? 0) || usualQuota;
    return bytes > 0 ? [{ name, bytes, quota }] : [];
  });
  const unread = masters2.filter((name) => !all.some((one) => one.name === name && one.status !== void 0));
  const largest = sizes.reduce((most, one) => Math.max(most, one.bytes / one.quota), 0);
  return {
    name: "etcd",
    summary: `${members?.length ?? "?"} members${unread.length === 0 ? "" : ` (${listed3(unread)} not read)`}, leader ${listed3(leaders.map(nameOf2)) || "none"}, ${mebibytes(Math.max(0, ...sizes.map(({ bytes }) => bytes)))} (${(largest * 100).toFixed(1)} % of the quota), no alarm`,
    findings: [
      ...all.flatMap(({ name, status: status2, answer }) => memberFindings(name, status2, answer)),
      ...leaderFindings(leaders.map(nameOf2)),
      ...listFindings(members, masters2, all),
      ...alarms.map(alarmFinding),
      ...sizes.filter(({ bytes, quota }) => bytes > fullAt * quota).map(fullFinding)
    ],
    facts: {
      members: members ?? null,
      leader: leaders.length === 1 ? nameOf2(leaders[0]) : null,
      alarms: all.some((one) => one.alarms !== void 0 || jsonIsThere(one)) ? alarms : null,
      databases: sizes,
      versions: Object.fromEntries(all.map(({ name, status: status2 }) => [name, status2?.version ?? null]))
    }
  };
}
var jsonIsThere = ({ status: status2 }) => status2 !== void 0;
var leaderOf = (leader2) => leader2 === void 0 || leader2 === "0" ? [] : [leader2];
var mebibytes = (bytes) => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
function memberFindings(name, status2, answer) {
  const look = "Check it there: journalctl -u kubelet, crictl ps -a --name etcd, /var/log/pods.";
  if (status2 === void 0) {
    return answer === void 0 ? [{ level: "unknown", host: name, what: `${name} did not report the state of its etcd`, todo: look }] : [
      {
        level: "degraded",
        host: name,
        what: `etcd of ${name} does not answer: ${answer.status === 200 ? "its answer is not valid" : whyNot(answer)}`,
        todo: look
      }
    ];
  }
  if (leaderOf(status2.leader).length === 0) {
    return [
      {
        level: "degraded",
        host: name,
        what: `etcd of ${name} has no leader`,
        todo: "Start the other members, or check TCP ports 2379 and 2380 between the masters."
      }
    ];
  }
  return status2.errors === void 0 || status2.errors.length === 0 ? [] : [{ level: "degraded", host: name, what: `etcd of ${name} reports: ${listed3(status2.errors)}`, todo: look }];
}
function leaderFindings(leaders) {
  return leaders.length > 1 ? [
    {
      level: "degraded",
      what: `etcd's members report different leaders: ${listed3(leaders)}`,
      todo: "Run this again: an election may be in progress. If the finding remains, check the network between the masters."
    }
  ] : [];
}
function listFindings(members, masters2, all) {
  if (members === void 0) {
    return all.length === 0 ? [] : [{ level: "unknown", what: "no master reports etcd's members", todo: "See the lines of each member." }];
  }
  const about2 = "docs/operations.md describes how to replace a master.";
  const list = (ofMember) => ofMember.map(({ id, isLearner }) => `${id} ${isLearner}`).sort().join();
  const differing = all.filter((one) => one.members !== void 0 && list(one.members) !== list(members));
  return [
    ...masters2.filter((master) => !members.some(({ name }) => name === master)).map((master) => ({
      level: "degraded",
      host: master,
      what: `${master} is not a member of etcd`,
      todo: about2
    })),
    ...members.filter(({ name }) => name !== "" && !masters2.includes(name)).map(({ name }) => ({
      level: "degraded",
      what: `etcd has a member that is not a master in the configuration: ${name}`,
      todo: `A dead member still counts for the majority. ${about2}`
    })),
    ...members.filter(({ isStarted }) => !isStarted).map(({ id }) => ({
      level: "degraded",
      what: `etcd has a member that has not started: ${id}`,
      todo: "A join was interrupted: run `pulumi up`."
    })),
    ...members.filter(({ isLearner }) => isLearner).map(({ name, id }) => ({
      level: "degraded",
      what: `etcd's member ${name || id} is a learner, which has no vote`,
      todo: "A join was interrupted: run `pulumi up`."
    })),
    ...differing.length === 0 ? [] : [
      {
        level: "degraded",
        what: `etcd's members list different members: ${listed3(differing.map(({ name }) => name))}`,
        todo: "Run this again. If the finding remains, a member lags behind: see the lines of each member."
      }
    ]
  ];
}
function alarmFinding(alarm) {
  return {
    level: "degraded",
    what: `etcd has the alarm ${alarm}`,
    todo: alarm.startsWith("NOSPACE") ? "etcd refuses writes. Compact, defragment each member, then disarm the alarm: https://etcd.io/docs/latest/op-guide/maintenance/" : "Replace the member: docs/operations.md."
  };
}
function fullFinding({ name, bytes, quota }) {
  return {
    level: "degraded",
    host: name,
    what: `etcd's database on ${name} has ${mebibytes(bytes)}, ${(100 * bytes / quota).toFixed(0)} % of its quota`,
    todo: "Find what fills it, then defragment. At the quota, etcd refuses writes."
  };
}

// operate/subjects/haproxy.ts
function haproxy2(view) {
  const masters2 = hostsOf(view, "master").map(({ name }) => name);
  const views = answered(view, "load balancer").map(({ host, facts }) => ({
    name: host.name,
    servers: serversOf(facts)
  }));
  const seen = views.filter(({ servers }) => servers !== void 0);
  return {
    name: "HAProxy",
    summary: `${listed3(views.map(({ name }) => name))}: ${listed3(masters2)} up`,
    findings: [
      ...views.flatMap(
        ({ name, servers }) => servers === void 0 ? [unknown(name, "the state of HAProxy's servers")] : []
      ),
      ...masters2.flatMap((master) => stateFindings(master, seen)),
      ...seen.flatMap(({ name, servers }) => otherServers(name, servers, masters2))
    ],
    facts: Object.fromEntries(views.map(({ name, servers }) => [name, servers ?? null]))
  };
}
function stateFindings(master, views) {
  const states = views.map(({ name, servers }) => ({ name, server: servers.find((one) => one.name === master) }));
  const bad = states.filter(({ server }) => server?.state !== "UP");
  if (bad.length === 0) return [];
  if (bad.every(({ server }) => server?.state.startsWith("UP ") === true)) {
    return [
      {
        level: "note",
        host: master,
        what: `${master} fails checks of ${listed3(bad.map(({ name }) => name))}, but is still up`,
        todo: "Run this again. If the finding remains, check the load of the hosts and the network between them."
      }
    ];
  }
  const texts2 = bad.map(({ name, server }) => `${describe(server)} on ${name}`);
  const everywhere = bad.length === views.length;
  return [
    {
      level: "degraded",
      host: master,
      what: `${master} is ${listed3([...new Set(texts2)])}`,
      todo: everywhere ? `Check the API server of ${master}: see its line and the line of etcd.` : `Check the network from ${listed3(bad.map(({ name }) => name))} to ${master}. Other load balancers reach it.`
    }
  ];
}
function describe(server) {
  if (server === void 0) return "not configured";
  return server.check === "" || server.check === "L7OK" ? server.state : `${server.state} (${server.check})`;
}
function otherServers(name, servers, masters2) {
  const others = servers.map((server) => server.name).filter((server) => !masters2.includes(server));
  return others.length === 0 ? [] : [
    {
      level: "degraded",
      host: name,
      what: `HAProxy of ${name} has servers that are not masters: ${listed3(others)}`,
      todo: "Run `pulumi up --refresh`: it corrects the configuration."
    }
  ];
}
function serversOf(facts) {
  const columns = fact(facts, "haproxy-columns")?.replace(/^# /, "").split(",");
  if (columns !== void 0) return ofStatistics(columns, facts.get("haproxy-server") ?? []);
  const names2 = fact(facts, "haproxy-servers")?.split(" ");
  const up = fact(facts, "haproxy-up")?.split(" ");
  return names2 === void 0 || up?.length !== names2.length || !up.every((one) => /^[01]$/.test(one)) ? void 0 : names2.map((name, index) => ({ name, state: up[index] === "1" ? "UP" : "DOWN", check: "" }));
}
function ofStatistics(columns, lines) {
  const all = lines.map((line) => line.split(",")).map((fields2) => (column) => fields2[columns.indexOf(column)] ?? "").filter((of2) => !["FRONTEND", "BACKEND", ""].includes(of2("svname")));
  const checking = all.filter((of2) => of2("pxname").endsWith("-readyz"));
  return (checking.length > 0 ? checking : all).map((of2) => ({
    name: of2("svname"),
    state: of2("status"),
    check: of2("check_status").replace(/^\* /, ""),
    .../^\d+$/.test(of2("lastchg")) ? { since: Number(of2("lastchg")) } : {}
  }));
}

// operate/subjects/hosts.ts
function hosts({ readings }) {
  const silent = readings.filter(({ kind }) => kind !== "answered");
  return {
    name: "hosts",
    summary: silent.length === 0 ? `all ${readings.length} answer` : `${readings.length - silent.length} answer`,
    findings: readings.flatMap(findingsOf),
    facts: readings.map((reading) => ({
      name: reading.host.name,
      address: reading.host.address,
      role: reading.host.role,
      answer: reading.kind,
      ...reading.kind === "answered" ? { late: late(reading) } : { said: reading.said }
    }))
  };
}
var late = (reading) => reading.kind === "answered" ? [...reading.facts.get("late") ?? []] : [];
function findingsOf(reading) {
  const { name, address: address2 } = reading.host;
  switch (reading.kind) {
    case "unreachable":
      return [
        {
          level: "degraded",
          host: name,
          what: `${name} (${address2}) does not answer: ${reading.said}`,
          todo: "Check its console. Start it, or correct its network. `pulumi up` continues without it."
        }
      ];
    case "failed":
      return [
        {
          level: "degraded",
          host: name,
          what: `${name} (${address2}) could not be read: ${reading.said}`,
          todo: "Log in there by hand, and correct what SSH or sudo reports."
        }
      ];
    case "answered": {
      const missing = late(reading);
      if (missing.length > 0) {
        return [
          {
            level: "unknown",
            host: name,
            what: `${name} did not report in time: ${listed3(missing)}`,
            todo: "Check its load and its disk: a command hangs there."
          }
        ];
      }
      return fact(reading.facts, "complete") !== "yes" ? [
        {
          level: "unknown",
          host: name,
          what: `the output of ${name} is incomplete`,
          todo: "Run this again. If the finding remains, check the host."
        }
      ] : [];
    }
  }
}

// operate/subjects/machines.ts
var least = { disk: 0.1, inodes: 0.05, memory: 0.05 };
function machines(view) {
  const all = answered(view).map(({ host, facts }) => ({
    name: host.name,
    disks: disksOf(facts),
    memory: memoryOf(facts),
    load: fact(facts, "load")?.split(" ").map(Number),
    cpus: numberOf(fact(facts, "cpus")),
    uptimeSeconds: numberOf(fact(facts, "uptime"))
  }));
  const fullest = Math.min(1, ...all.flatMap(({ disks }) => disks.map(({ freeKib, totalKib }) => freeKib / totalKib)));
  const tightest = Math.min(
    1,
    ...all.flatMap(({ memory }) => memory === void 0 ? [] : [memory.availableKib / memory.totalKib])
  );
  return {
    name: "disk, memory",
    summary: `at least ${percent(fullest)} of each disk and ${percent(tightest)} of memory free`,
    findings: all.flatMap(({ name, disks, memory }) => [
      ...disks.length === 0 ? [unknown(name, "the free space of its disks")] : disks.flatMap((disk) => diskFindings(name, disk)),
      ...memory === void 0 ? [unknown(name, "its free memory")] : memoryFindings(name, memory)
    ]),
    facts: Object.fromEntries(all.map(({ name, ...of2 }) => [name, of2]))
  };
}
var percent = (part) => `${Math.floor(part * 100)} %`;
function disksOf(facts) {
  return rows(facts, "disk").flatMap(([folder = "", ...texts2]) => {
    const [totalKib, freeKib, inodes, freeInodes] = texts2.map(numberOf);
    if (totalKib === void 0 || freeKib === void 0 || totalKib <= 0) return [];
    const part = inodes !== void 0 && freeInodes !== void 0 && inodes > 0 ? freeInodes / inodes : void 0;
    return [{ folder, totalKib, freeKib, ...part === void 0 ? {} : { freeInodes: part } }];
  });
}
function memoryOf(facts) {
  const [totalKib, availableKib] = (fact(facts, "memory") ?? "").split(" ").map(numberOf);
  return totalKib === void 0 || availableKib === void 0 || totalKib <= 0 ? void 0 : { totalKib, availableKib };
}
function diskFindings(host, { folder, totalKib, freeKib, freeInodes }) {
  const find = (what) => ({
    level: "degraded",
    host,
    what,
    todo: "Remove what fills it: journalctl --vacuum-size=200M, crictl rmi --prune, /var/log."
  });
  return [
    ...freeKib < least.disk * totalKib ? [
      find(
        `the disk of ${folder} on ${host} has ${percent(freeKib / totalKib)} free (${Math.floor(freeKib / 1024)} MiB)`
      )
    ] : [],
    ...freeInodes !== void 0 && freeInodes < least.inodes ? [find(`the disk of ${folder} on ${host} has ${percent(freeInodes)} of its inodes free`)] : []
  ];
}
function memoryFindings(host, memory) {
  const { totalKib, availableKib } = memory;
  return availableKib < least.memory * totalKib ? [
    {
      level: "degraded",
      host,
      what: `${host} has ${Math.floor(availableKib / 1024)} MiB of memory available, of ${Math.floor(totalKib / 1024)} MiB`,
      todo: "Find what uses it: ps -eo rss,args --sort -rss | head."
    }
  ] : [];
}

// operate/subjects/nodes.ts
var import_zod19 = require("zod");
var word2 = import_zod19.z.string().transform((text3) => printable(text3).slice(0, 260));
var nodesShape = import_zod19.z.object({
  items: import_zod19.z.array(
    import_zod19.z.object({
      metadata: import_zod19.z.object({ name: word2 }),
      spec: import_zod19.z.object({ unschedulable: import_zod19.z.boolean().optional() }).optional(),
      status: import_zod19.z.object({
        conditions: import_zod19.z.array(import_zod19.z.object({ type: word2, status: word2, message: word2.optional() })).default([]),
        nodeInfo: import_zod19.z.object({
          kubeletVersion: word2.optional(),
          containerRuntimeVersion: word2.optional(),
          osImage: word2.optional()
        }).optional()
      })
    })
  ).max(5e3)
});
function nodesOf(view) {
  return listsOf(view)[0]?.nodes;
}
function listsOf(view) {
  return answered(view, "master").flatMap(({ host, facts }) => {
    const { data } = nodesShape.safeParse(jsonAnswer(fact(facts, "nodes")));
    return data === void 0 ? [] : [{ name: host.name, nodes: data.items.map(nodeOf) }];
  });
}
function nodeOf({ metadata, spec, status: status2 }) {
  const ready = status2.conditions.find(({ type }) => type === "Ready");
  return {
    name: metadata.name,
    isReady: ready?.status === "True",
    isCordoned: spec?.unschedulable === true,
    pressure: status2.conditions.filter(({ type, status: is }) => type !== "Ready" && is !== "False").map(({ type }) => type),
    ...ready?.status === "True" || ready?.message === void 0 ? {} : { message: ready.message },
    kubelet: status2.nodeInfo?.kubeletVersion,
    runtime: status2.nodeInfo?.containerRuntimeVersion
  };
}
function nodes(view) {
  const wanted = hostsOf(view, "master", "worker").map(({ name }) => name);
  const lists = listsOf(view);
  const list = lists[0]?.nodes;
  return {
    name: "nodes",
    summary: `${listed3((list ?? []).map(({ name }) => name))} Ready`,
    findings: list === void 0 ? [
      {
        level: "unknown",
        what: "no API server lists the nodes",
        todo: "See the lines of the API servers and of etcd."
      }
    ] : [...list.flatMap(stateFindings2), ...differences(list, wanted), ...disagreement(lists)],
    facts: list ?? null
  };
}
function stateFindings2({ name, isReady: isReady2, isCordoned, pressure, message }) {
  const findings = [];
  const find = (what, todo) => findings.push({ level: "degraded", host: name, what, todo });
  if (!isReady2) {
    const why = message === void 0 ? "" : `: ${message.slice(0, 100)}`;
    find(`node ${name} is not Ready${why}`, "Check kubelet and containerd there: journalctl -u kubelet -u containerd.");
  }
  if (pressure.length > 0 && isReady2) {
    find(
      `node ${name} has ${listed3(pressure)}`,
      "Free what it lacks: kubelet evicts pods, and no pod is scheduled there."
    );
  }
  if (isCordoned) {
    find(`node ${name} is cordoned: no pod is scheduled there`, `After the maintenance, run kubectl uncordon ${name}.`);
  }
  return findings;
}
function differences(list, wanted) {
  const names2 = list.map(({ name }) => name);
  return [
    ...wanted.filter((name) => !names2.includes(name)).map((name) => ({
      level: "degraded",
      host: name,
      what: `the cluster has no node ${name}`,
      todo: "Run `pulumi up --refresh`: it joins the node."
    })),
    ...names2.filter((name) => !wanted.includes(name)).map((name) => ({
      level: "degraded",
      what: `the cluster has a node that is not in the configuration: ${name}`,
      todo: `If it is gone for good, run kubectl delete node ${name}. Otherwise add it to the configuration.`
    }))
  ];
}
function disagreement(lists) {
  const namesOf = (nodes2) => nodes2.map(({ name }) => name).sort().join();
  const kinds3 = new Set(lists.map((one) => namesOf(one.nodes)));
  return kinds3.size > 1 ? [
    {
      level: "degraded",
      what: `the API servers list different nodes: ${listed3(lists.map(({ name, nodes: of2 }) => `${name} ${of2.length}`))}`,
      todo: "Run this again. If the finding remains, an API server has lost its connection to etcd: restart it."
    }
  ] : [];
}

// operate/subjects/pods.ts
var import_zod20 = require("zod");
var tableShape = import_zod20.z.object({
  columnDefinitions: import_zod20.z.array(import_zod20.z.object({ name: import_zod20.z.string() })).max(50),
  rows: import_zod20.z.array(import_zod20.z.object({ cells: import_zod20.z.array(import_zod20.z.union([import_zod20.z.string(), import_zod20.z.number(), import_zod20.z.boolean(), import_zod20.z.null()])) })).max(2e4)
});
var mostListed = 3;
function pods(view) {
  const list = answered(view, "master").map(({ facts }) => podsOf(fact(facts, "system-pods"))).find((one) => one !== void 0);
  const bad = (list ?? []).filter((pod) => !isReady(pod));
  return {
    name: "system pods",
    summary: `${(list ?? []).length} ready`,
    findings: list === void 0 ? [
      {
        level: "unknown",
        what: "no API server lists the pods of kube-system",
        todo: "See the lines of the API servers and of etcd."
      }
    ] : findingsOf2(bad),
    facts: list === void 0 ? null : { pods: list.length, notReady: bad }
  };
}
function podsOf(text3) {
  const { data } = tableShape.safeParse(jsonAnswer(text3));
  if (data === void 0) return void 0;
  const column = (name2) => data.columnDefinitions.findIndex((one) => one.name === name2);
  const [name, ready, status2] = ["Name", "Ready", "Status"].map(column);
  const cell = (cells, index) => printable(String(cells[index] ?? "")).slice(0, 260);
  return data.rows.map(({ cells }) => ({
    name: cell(cells, name),
    ready: cell(cells, ready),
    status: cell(cells, status2)
  }));
}
function isReady({ ready, status: status2 }) {
  if (/^(Completed|Succeeded)$/.test(status2)) return true;
  const [some, all] = ready.split("/");
  return status2 === "Running" && some !== void 0 && some === all;
}
function findingsOf2(bad) {
  const more = bad.length - mostListed;
  return bad.slice(0, mostListed).map(({ name, ready, status: status2 }, index) => ({
    level: "degraded",
    what: `pod ${name} is not ready: ${status2}, ${ready}` + (index === mostListed - 1 && more > 0 ? `, and ${more} more` : ""),
    todo: `Run kubectl -n kube-system describe pod ${name}.`
  }));
}

// operate/subjects/services.ts
var optional = ["kube-control-agent-filter"];
function services(view) {
  const all = answered(view).map(({ host, facts }) => ({ host: host.name, units: unitsOf(facts) }));
  const names2 = [...new Set(all.flatMap(({ units: units2 }) => units2.map(({ name }) => name)))];
  return {
    name: "services",
    summary: `${names2.join(", ")}: active and enabled`,
    findings: all.flatMap(
      ({ host, units: units2 }) => units2.length === 0 ? [unknown(host, "the state of its services")] : units2.flatMap((unit3) => findingOf(host, unit3))
    ),
    facts: Object.fromEntries(all.map(({ host, units: units2 }) => [host, units2]))
  };
}
function unitsOf(facts) {
  return rows(facts, "unit").map(([id = "", load = "", active = "", sub = "", enabled = "", restarts]) => ({
    ...{ name: id.replace(/\.service$/, ""), load, active, sub, enabled },
    restarts: numberOf(restarts) ?? 0
  })).filter(({ name, load }) => !(load === "not-found" && optional.includes(name)));
}
function findingOf(host, { name, load, active, sub, enabled }) {
  if (load === "not-found") {
    return [
      {
        level: "degraded",
        host,
        what: `${host} has no service ${name}`,
        todo: "Run `pulumi up --refresh`: it installs the service."
      }
    ];
  }
  const findings = [];
  if (active !== "active") {
    findings.push({
      level: "degraded",
      host,
      what: `${name} on ${host} is ${active} (${sub})`,
      todo: `Run journalctl -u ${name} there, then systemctl restart ${name}.`
    });
  }
  if (enabled !== "enabled") {
    findings.push({
      level: "degraded",
      host,
      what: `${name} on ${host} is ${enabled}: it does not start at boot`,
      todo: `Run systemctl enable ${name} there.`
    });
  }
  return findings;
}

// operate/subjects/versions.ts
var soonDays = 60;
function versions(view) {
  const etcdVersions = etcd3(view).facts.versions;
  const nodes2 = nodesOf(view) ?? [];
  const all = answered(view).map((reading) => {
    const node2 = nodes2.find(({ name }) => name === reading.host.name);
    return { name: reading.host.name, role: reading.host.role, versions: versionsOf(reading, node2, etcdVersions) };
  });
  const { kubernetes: kubernetes2 } = view.plan;
  const end = endOfSupport[minorOf(kubernetes2) ?? 0];
  const text3 = (program) => [...new Set(all.flatMap((one) => one.versions[program] ?? []))].join(" and ");
  const shown4 = ["kubelet", "etcd", "containerd", "haproxy", "keepalived", "os"].map((program) => [program, text3(program)]).filter(([, version]) => version !== "").map(([program, version]) => program === "os" ? version : `${program} ${version}`);
  return {
    name: "versions",
    summary: `${shown4.join(", ")}${end === void 0 ? "" : `; support of v1.${minorOf(kubernetes2)} ends on ${end}`}`,
    findings: [...support(kubernetes2, view.now), ...mixed(all, kubernetes2), ...reboots(view)],
    facts: { hosts: Object.fromEntries(all.map((one) => [one.name, one.versions])), supportEnds: end ?? null }
  };
}
function versionsOf({ host, facts }, node2, etcdVersions) {
  const packages = Object.fromEntries(rows(facts, "package").map(([name = "", version = ""]) => [name, version]));
  const found = {
    kubelet: node2?.kubelet ?? packages["kubelet"],
    containerd: node2?.runtime?.replace(/^containerd:\/\//, "") ?? packages["containerd.io"] ?? packages["containerd"],
    etcd: etcdVersions[host.name] ?? void 0,
    haproxy: haproxyVersion(facts) ?? packages["haproxy"],
    keepalived: /\bv(\d[\w.]*)/.exec(fact(facts, "keepalived") ?? "")?.[1] ?? packages["keepalived"],
    docker: fact(facts, "docker-version"),
    agent: /\(v([^)]*)\)/.exec(fact(facts, "agent-version") ?? "")?.[1]
  };
  const others = { os: fact(facts, "os"), kernel: fact(facts, "kernel") };
  const plain = Object.entries(found).map(([program, version]) => [program, upstream(version)]);
  return Object.fromEntries(
    [...Object.entries(others), ...plain].filter((one) => one[1] !== void 0)
  );
}
function upstream(version) {
  return /^(?:\d+:)?v?(\d+(?:\.\d+)*)/.exec(version ?? "")?.[1];
}
function haproxyVersion(facts) {
  const line = facts.get("haproxy-info")?.find((one) => one.startsWith("Version: "));
  return line?.replace("Version: ", "");
}
function support(kubernetes2, now) {
  const minor = minorOf(kubernetes2) ?? 0;
  const end = endOfSupport[minor];
  const days = end === void 0 ? void 0 : Math.ceil((Date.parse(`${end}T23:59:59Z`) - now.getTime()) / 864e5);
  const todo = "Upgrade one minor version after another: docs/operations.md.";
  if (days === void 0 || days > soonDays) return [];
  return [
    {
      level: "note",
      what: days < 0 ? `the support of v1.${minor} ended on ${end}` : `the support of v1.${minor} ends in ${days} days, on ${end}`,
      todo
    }
  ];
}
var alike = ["kubelet", "etcd", "containerd", "haproxy", "keepalived"];
function mixed(all, kubernetes2) {
  const findings = alike.flatMap((program) => {
    const hosts2 = all.flatMap(
      ({ name, versions: { [program]: version } }) => version === void 0 ? [] : [{ name, version }]
    );
    const kinds3 = [...new Set(hosts2.map(({ version }) => version))];
    return kinds3.length < 2 ? [] : [
      {
        level: "note",
        what: `${program} has different versions: ${listed3(hosts2.map(({ name, version }) => `${name} ${version}`))}`,
        todo: "Upgrade the older ones, one host after another: docs/operations.md."
      }
    ];
  });
  const kubelets = [...new Set(all.flatMap(({ versions: of2 }) => of2["kubelet"] ?? []))];
  const [only] = kubelets;
  if (kubelets.length === 1 && only !== void 0 && `v${only}` !== kubernetes2) {
    findings.push({
      level: "note",
      what: `the nodes run v${only}, but the configuration has ${kubernetes2}`,
      todo: "Set kube-control:kubernetes.version to the version that runs, or upgrade: docs/operations.md."
    });
  }
  return findings;
}
function reboots(view) {
  return answered(view).filter(({ facts }) => facts.has("reboot-required")).map(({ host, facts }) => ({
    level: "note",
    host: host.name,
    what: `${host.name} requires a reboot${uptime(facts)}`,
    todo: "Run `npm run maintain`, which reboots one host after another: docs/operations.md."
  }));
}
function uptime(facts) {
  const seconds2 = numberOf(fact(facts, "uptime"));
  return seconds2 === void 0 ? "" : ` (up ${Math.floor(seconds2 / 86400)} days)`;
}

// operate/subjects/virtual-ip.ts
function virtualIp2(view) {
  const address2 = view.plan.virtualIp;
  const seen = answered(view, "load balancer");
  const holders = seen.filter(({ facts }) => fact(facts, "virtual-ip")?.startsWith("on ")).map(({ host }) => host.name);
  const unseen = hostsOf(view, "load balancer").map(({ name }) => name).filter((name) => !seen.some(({ host, facts }) => host.name === name && fact(facts, "virtual-ip") !== void 0));
  return {
    name: "virtual IP",
    summary: `${address2} is held by ${listed3(holders)}`,
    findings: [
      ...seen.flatMap(
        ({ host, facts }) => fact(facts, "virtual-ip") === void 0 ? [unknown(host.name, "whether it holds the virtual IP")] : []
      ),
      ...holding(address2, holders, unseen)
    ],
    facts: { address: address2, holders, unseen }
  };
}
function holding(address2, holders, unseen) {
  if (holders.length === 1) return [];
  if (holders.length > 1) {
    return [
      {
        level: "degraded",
        what: `${address2} is held by ${listed3(holders)} at the same time`,
        todo: "Allow IP protocol 112 (VRRP) between them; check with tcpdump -n ip proto 112."
      }
    ];
  }
  return [
    unseen.length > 0 ? {
      level: "unknown",
      what: `no load balancer that was read holds ${address2}; ${listed3(unseen)} may hold it`,
      todo: `Check ${listed3(unseen)}.`
    } : {
      level: "degraded",
      what: `no load balancer holds ${address2}`,
      todo: "Check haproxy and keepalived on each: journalctl -u haproxy -u keepalived -u haproxy-watch."
    }
  ];
}

// operate/verdict.ts
var exitCodes = { ok: 0, degraded: 1, down: 2, "cannot tell": 3 };
var subjects2 = {
  ...{ endpoint: endpoint2, virtualIp: virtualIp2, haproxy: haproxy2, services, apiServers, etcd: etcd3, nodes, systemPods: pods, hosts },
  ...{ certificates, versions, clocks, machines, backups, agent }
};
function judge(view, further = []) {
  const seen = [...Object.entries(subjects2).map(([key, subject]) => ({ key, ...subject(view) })), ...further];
  const state = stateOf2(view, seen);
  return { state, headline: headline(view, state, seen), subjects: seen };
}
function stateOf2(view, all) {
  if (answered(view).length === 0) return "cannot tell";
  const found = (level) => all.some(({ findings }) => findings.some((one) => one.level === level));
  if (found("down")) return "down";
  return found("degraded") || found("unknown") ? "degraded" : "ok";
}
var redundant = ["virtualIp", "haproxy", "services", "apiServers", "etcd", "nodes", "hosts"];
function headline(view, state, all) {
  switch (state) {
    case "ok":
      return "Everything is in order.";
    case "cannot tell":
      return "No host could be read: the state of the stack is unknown.";
    case "down":
      return "Clients reach no API server through the endpoint.";
    case "degraded": {
      const broken = all.filter(({ key }) => redundant.includes(key)).flatMap(({ findings }) => findings.filter(({ level }) => level === "degraded")).flatMap(({ host }) => host ?? []);
      const failed3 = new Set(broken);
      if (failed3.size === 0) return "The endpoint works. The findings below need attention.";
      const count = failed3.size === 1 ? "one failure" : `${failed3.size} failures`;
      return `You already have ${count}: ${listed3([...failed3])}. ${tolerance2(view, failed3)}`;
    }
  }
}
function tolerance2(view, failed3) {
  const lost = (role) => hostsOf(view, role).filter(({ name }) => failed3.has(name)).length;
  const masters2 = hostsOf(view, "master").length;
  const spareMasters = Math.floor((masters2 - 1) / 2) - lost("master");
  const spareLoadBalancers = hostsOf(view, "load balancer").length - 1 - lost("load balancer");
  const limits3 = [
    ...lost("master") > 0 && spareMasters <= 0 ? ["one more failed master stops the cluster"] : [],
    ...lost("load balancer") > 0 && spareLoadBalancers <= 0 ? ["one more failed load balancer stops the endpoint"] : []
  ];
  return limits3.length === 0 ? "Repair this before you start maintenance." : `Repair this first: ${listed3(limits3)}.`;
}
function findingsOf3({
  subjects: all
}) {
  const every = all.flatMap((subject) => subject.findings.map((finding) => ({ subject, finding })));
  return levels.flatMap((level) => every.filter(({ finding }) => finding.level === level));
}

// operate/report.ts
var format2 = 1;
function report2(view, verdict, seconds2) {
  return {
    format: format2,
    stack: view.plan.stack,
    at: view.now.toISOString(),
    seconds: Math.round(seconds2 * 1e3) / 1e3,
    state: verdict.state,
    exitCode: exitCodes[verdict.state],
    headline: verdict.headline,
    findings: findingsOf3(verdict).map(({ subject, finding: { level, host, what, todo } }) => ({
      ...{ level, subject: subject.key, host: host ?? null, what, todo }
    })),
    subjects: Object.fromEntries(verdict.subjects.map(({ key, facts }) => [key, facts]))
  };
}

// operate/screen.ts
var marks2 = { down: "XX", degraded: "!!", unknown: "??", note: " i" };
var longest2 = 300;
function screen(view, verdict, seconds2) {
  const { plan, now } = view;
  const at = now.toISOString().replace("T", " ").replace(/\..*/, " UTC");
  const findings = findingsOf3(verdict);
  const fine = verdict.subjects.filter(({ findings: of2 }) => of2.every(({ level }) => level === "note"));
  const width = Math.max(...verdict.subjects.map(({ name }) => name.length));
  const line = (mark, name, text3) => `  ${mark}  ${name.padEnd(width)}  ${shown3(text3, longest2)}`;
  return [
    `${plan.stack}: ${verdict.state.toUpperCase()}   ${plan.fqdn}:${plan.port}   ${at}   ${seconds2.toFixed(1)} s`,
    verdict.headline,
    "",
    ...grouped(findings).flatMap(({ level, subject, whats, todo }) => [
      line(marks2[level], subject, whats.join("; ")),
      `${" ".repeat(width + 8)}\u2192 ${shown3(todo, longest2)}`
    ]),
    ...findings.length === 0 ? [] : [""],
    ...fine.map(({ name, summary }) => line("ok", name, summary)),
    ""
  ].join("\n");
}
function grouped(findings) {
  const groups = [];
  for (const {
    subject: { name: subject },
    finding
  } of findings) {
    const { level, what, todo } = finding;
    const same = groups.find((one) => one.subject === subject && one.level === level && one.todo === todo);
    if (same === void 0) groups.push({ level, subject, whats: [what], todo });
    else same.whats.push(what);
  }
  return groups;
}

// operate/support-bundle.ts
var import_node_child_process5 = require("node:child_process");
var import_node_crypto8 = require("node:crypto");
var import_node_fs14 = require("node:fs");
var import_promises4 = require("node:fs/promises");
var import_node_os5 = require("node:os");
var import_node_path13 = require("node:path");
var import_promises5 = require("node:stream/promises");

// operate/mask.ts
var masked = "[masked]";
var secrets2 = [
  // VRRP
  /(auth_pass[^\S\n]+)[^\n]*/g,
  // Pulumi
  /(\bsecure["']?:[^\S\n]*)[^\n]*/g,
  /(\b(?:encryptionsalt|encryptedkey)["']?:[^\S\n]*)[^\n]*/g,
  // Datadog
  /(\b\w*(?:api|app|application)[_-]?key\w*\\?["']?[=: ]+\\?["']?)(?!\[masked)[^\]"',\s\\]+/gi,
  // Kubernetes
  /(bearer[^\S\n]+)[^\s"',]+/gi,
  /()\beyJ[\w-]{8,}\.[\w.-]+/g,
  /()\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g,
  /(certificate-?key\\?["']?[=: ]+\\?["']?)[0-9a-f]{32,}/gi,
  /((?:client-key-data|client-certificate-data|token|password|passwd|passphrase|secret)\\?["']?[^\S\n]*[=:][^\S\n]*\\?["']?)(?!\[masked)[^\]"',\s\\]+/gi,
  // credentials in addresses
  /(:\/\/)[^/@\s]+(?=@)/g,
  // a Datadog key without a name: 32 or 40 hexadecimal digits
  /()\b(?:[0-9a-f]{32}|[0-9a-f]{40})\b/g
];
function mask(text3) {
  return secrets2.reduce(
    (left2, secret3) => left2.replace(secret3, (_whole, kept) => `${kept}${masked}`),
    withoutPrivateKeys(text3)
  );
}
function withoutPrivateKeys(text3) {
  return text3.replace(
    /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$(?![^]))/g,
    "[masked private key]"
  );
}

// operate/parts.ts
var mostParts = 500;
function partsOf(output2, mark) {
  return output2.split(`
${mark} `).slice(1, mostParts).flatMap((text3) => {
    const end = text3.indexOf("\n");
    const path = end < 0 ? text3 : text3.slice(0, end);
    const content = end < 0 ? "" : text3.slice(end + 1);
    return isPlain(path) && path !== "end" ? [{ path, content: withoutControls(content) }] : [];
  });
}
function isPlain(path) {
  const names2 = path.split("/");
  return path.length <= 300 && names2.every((name) => /^[\w@:+][\w.@:+-]*$/.test(name));
}
function withoutControls(text3) {
  return text3.replace(new RegExp("(?![\\n\\t])\\p{Cc}", "gu"), "");
}

// operate/support-bundle.ts
var script2 = (0, import_node_fs14.readFileSync)((0, import_node_path13.join)(__dirname, "files.sh"), "utf8");
var limits2 = { seconds: 120, mostBytes: 6e7 };
async function writeSupportBundle(plan, file, further) {
  const hosts2 = await Promise.all(plan.hosts.map((host) => partsOfHost(plan, host)));
  const failures2 = hosts2.flatMap(({ failure }) => failure ?? []);
  const parts = [...further, ...hosts2.flatMap((host) => host.parts)];
  await archive(`kube-control-${plan.stack}`, parts, file);
  return failures2;
}
async function partsOfHost(plan, host) {
  const mark = `@kube-control-${(0, import_node_crypto8.randomBytes)(8).toString("hex")}`;
  const answer = await askHost(host, `MARK='${mark}'
${variablesOf(plan, host)}${script2}`, limits2);
  return answer.kind === "answered" ? { parts: partsOf(answer.output, mark).map(({ path, content }) => ({ path: `${host.name}/${path}`, content })) } : { parts: [], failure: `${host.name}: ${answer.said}` };
}
async function archive(name, parts, file) {
  const scratch = await (0, import_promises4.mkdtemp)((0, import_node_path13.join)((0, import_node_os5.tmpdir)(), "kube-control."));
  const unfinished = (0, import_node_path13.join)((0, import_node_path13.dirname)(file), `.${(0, import_node_path13.basename)(file)}.${process.pid}`);
  try {
    for (const { path, content } of parts) {
      const at = (0, import_node_path13.join)(scratch, name, path);
      await (0, import_promises4.mkdir)((0, import_node_path13.dirname)(at), { recursive: true, mode: 448 });
      await (0, import_promises4.writeFile)(at, mask(content), { mode: 384 });
    }
    await pack(scratch, name, unfinished);
    await (0, import_promises4.rename)(unfinished, file);
  } finally {
    await (0, import_promises4.rm)(scratch, { recursive: true, force: true });
    await (0, import_promises4.rm)(unfinished, { force: true });
  }
}
async function pack(folder, name, file) {
  const tar = (0, import_node_child_process5.spawn)("tar", ["-C", folder, "-cz", name], { stdio: ["ignore", "pipe", "inherit"] });
  const ended2 = new Promise((done, fail) => {
    tar.on("error", (error) => fail(new Error(`cannot start tar: ${error.message}`)));
    tar.on("close", (code) => code === 0 ? done() : fail(new Error(`tar failed (exit ${code ?? "by a signal"})`)));
  });
  await Promise.all([ended2, (0, import_promises5.pipeline)(tar.stdout, (0, import_node_fs14.createWriteStream)(file, { mode: 384, flags: "wx" }))]);
}

// operate/status.ts
async function status(args2, surroundings2) {
  try {
    const options = readOptions(args2);
    if (options.help) {
      print(usage);
      return 0;
    }
    const stack = chooseStack(surroundings2, options.stack);
    const file = options.bundle && (0, import_node_path14.resolve)(surroundings2.env["INIT_CWD"] ?? surroundings2.cwd, options.bundle);
    process.chdir(programFolder(stack));
    const { plan, further } = prepare(stack);
    const read4 = () => once(plan, further, readDrift(stack, surroundings2));
    if (options.watch !== void 0) {
      return await watch(read4, options.watch);
    }
    const round2 = await read4();
    const { view, verdict, seconds: seconds2 } = round2;
    if (file !== void 0) await bundle(stack, plan, round2, file);
    if (options.json) print(JSON.stringify(report2(view, verdict, seconds2), void 0, 2));
    else process.stdout.write(screen(view, verdict, seconds2));
    return exitCodes[verdict.state];
  } catch (error) {
    process.stderr.write(`${error.message}
${error instanceof UsageError ? `${usage}
` : ""}`);
    return exitCodes["cannot tell"];
  }
}
var print = (text3) => process.stdout.write(`${text3}
`);
async function bundle(stack, plan, { view, verdict, seconds: seconds2 }, file) {
  const failures2 = await writeSupportBundle(plan, file, [
    { path: "status.txt", content: screen(view, verdict, seconds2) },
    { path: "status.json", content: JSON.stringify(report2(view, verdict, seconds2), void 0, 2) },
    { path: (0, import_node_path14.basename)(stack.configurationFile), content: (0, import_node_fs15.readFileSync)(stack.configurationFile, "utf8") }
  ]);
  const unread = failures2.map((failure) => `
missing: ${failure}`).join("");
  process.stderr.write(`wrote ${file}; look through it before you send it${unread}
`);
}
function prepare(stack) {
  const { values: values2, mistakes } = readConfiguration(stack);
  const plan = planOf(stack.name, values2);
  const findings = mistakes.map(({ key, what, remedy: remedy2 }) => ({
    level: "degraded",
    what: `${key} ${what}`,
    todo: remedy2
  }));
  const name = "configuration";
  return {
    plan,
    further: findings.length === 0 ? [] : [{ key: name, name, summary: "", findings, facts: mistakes.map(({ key }) => key) }]
  };
}
async function once(plan, further, compared) {
  const begin = performance.now();
  const [view, read4] = await Promise.all([readRound(plan), compared]);
  const verdict = judge(view, [drift(read4), ...further]);
  return { view, verdict, seconds: (performance.now() - begin) / 1e3 };
}
async function watch(read4, seconds2) {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
  const ended2 = new Promise(
    (resolve7) => stop.signal.addEventListener("abort", () => resolve7(void 0), { once: true })
  );
  let state = "cannot tell";
  while (!stop.signal.aborted) {
    const begin = performance.now();
    const round2 = await Promise.race([read4(), ended2]);
    if (round2 === void 0) break;
    state = round2.verdict.state;
    const clear = process.stdout.isTTY ? "\x1B[H\x1B[2J" : "";
    process.stdout.write(clear + screen(round2.view, round2.verdict, round2.seconds));
    const rest = Math.max(0, seconds2 * 1e3 - (performance.now() - begin));
    await (0, import_promises6.setTimeout)(rest, void 0, { signal: stop.signal }).catch(() => void 0);
  }
  return exitCodes[state];
}

// operate/main.ts
var [command, ...args] = process.argv.slice(2);
var surroundings = { cwd: process.cwd(), env: process.env };
var ended = command === "maintain" ? maintain(args, surroundings) : command === "restore" ? restore(args, surroundings) : status(process.argv.slice(2), surroundings);
void ended.then((code) => {
  process.stdout.write("", () => process.exit(code));
});
