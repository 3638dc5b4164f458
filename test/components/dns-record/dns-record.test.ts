import * as pulumi from "@pulumi/pulumi";
import type { DnsRecordArgs } from "../../../components/dns-record";
import { DnsRecord, DnsSwap } from "../../../components/dns-record";
import { EndpointReady, HaproxyPair } from "../../../components/haproxy-pair";
import { sessionOf } from "../../../host/session";
import { hidden, isSecret, revealed, type Registered } from "../../recorder";
import { hostAt, refusal, registered, returns, silent as silentHost } from "../registered";

const fqdn = "kube-control.example.com";
const zoneId = "0123456789abcdef0123456789abcdef";
const master1 = hostAt("k8s-master1", "192.168.2.151");
const master2 = hostAt("k8s-master2", "192.168.2.152");
const common = { fqdn, address: master1.address, hosts: [master1, master2] };
const cloudflare = { zoneId, apiToken: pulumi.secret("CANARY-TOKEN") };
const rfc2136 = { server: "192.168.2.53", zone: "example.com", keyName: "kc", secret: pulumi.secret("CANARY-TSIG=") };

const claim = `kube-control-claim-${fqdn}`;
const record = `kube-control-record-${fqdn}`;
const swap = `kube-control-swap-${fqdn}`;
// with RFC 2136, the steps with the names above belong to an earlier version
const updated = { record: `kube-control-rfc2136-${fqdn}`, swap: `${swap}-update` };

const step = (resources: Map<string, Registered>, name: string): Registered => {
  const found = resources.get(name);
  if (found === undefined) throw new Error(`${name} is not among ${[...resources.keys()].join(", ")}`);
  return found;
};

/** Registers record, pair and swap with the dependencies of index.ts; `change` changes the record's arguments. */
const deployed = (change: Partial<DnsRecordArgs>) =>
  registered(() => {
    const args = { ...common, ...change };
    const endpoint = new DnsRecord("kube-control", args);
    const name = "stands-for-the-control-plane";
    const nodes = [
      { ...master1, priority: 2 },
      { ...master2, priority: 1 },
    ];
    const pair = { virtualIp: { address: "192.168.2.140" }, nodes, apiServers: [master1] };
    const controlPlane = new HaproxyPair(name, pair, { dependsOn: endpoint });
    const ready = new EndpointReady(
      name,
      { ...pair, masters: [master1], fqdn: endpoint.fqdn },
      { dependsOn: controlPlane },
    );
    const { recordId } = endpoint;
    const opts = { dependsOn: [controlPlane, ready] };
    new DnsSwap("kube-control-swap", { ...args, recordId, newAddress: "192.168.2.140" }, opts);
  });

beforeEach(() => returns(claim, { existing: "" }));

describe.each([
  ["cloudflare", { cloudflare }, "CANARY-TOKEN", { record, swap }],
  ["rfc2136", { rfc2136 }, "CANARY-TSIG=", updated],
])("%s", (_backend, backend, canary, { record, swap }) => {
  test("the swap waits for its dependencies, and the check on every host for the swap", async () => {
    const resources = await deployed(backend);
    expect(step(resources, swap).dependencies).toEqual(
      expect.arrayContaining([
        "stands-for-the-control-plane-k8s-master1",
        "stands-for-the-control-plane-k8s-master2",
        "stands-for-the-control-plane-serving",
        record,
      ]),
    );
    for (const host of ["k8s-master1", "k8s-master2"]) {
      const seen = step(resources, `kube-control-swap-seen-by-${host}`);
      expect(seen.dependencies).toContain(swap);
      expect(seen.inputs.stdin).toMatch(/^ADDRESS='192\.168\.2\.140'$/m);
      // the check changes nothing, so it takes no lock and its deletion connects to no host
      expect(seen.inputs.stdin).toMatch(/^KC_LOCK='0'$/m);
      expect(seen.inputs.delete).toBeUndefined();
    }
  });

  test("/etc/hosts gets the name after all hosts see the swap, and loses it before the reversal", async () => {
    const resources = await deployed(backend);
    for (const host of ["k8s-master1", "k8s-master2"]) {
      const { inputs, dependencies, deleteBeforeReplace } = step(resources, `kube-control-swap-hosts-entry-${host}`);
      expect(deleteBeforeReplace).toBe(true);
      // deletions run in reverse order
      expect(dependencies).toEqual(
        expect.arrayContaining([
          swap,
          ...["k8s-master1", "k8s-master2"].map((one) => `kube-control-swap-seen-by-${one}`),
        ]),
      );
      const stdin = revealed(inputs.stdin);
      expect(stdin).toMatch(/^ADDRESS='192\.168\.2\.140'\nFQDN='kube-control\.example\.com'$/m);
      expect(stdin).toContain(`ExecStart=/usr/local/sbin/kube-control-hosts 192.168.2.140 ${fqdn}\n`);
      expect(inputs.delete).toMatch(/-- delete #/);
    }
  });

  test("a component that uses the name waits for the record", async () => {
    const resources = await deployed(backend);
    expect(step(resources, "stands-for-the-control-plane-serving").dependencies).toContain(record);
  });

  test("the swap is not a child of the record, so dependents of the record do not wait for it", async () => {
    const resources = await deployed(backend);
    expect(step(resources, record).parent).toBe("kube-control");
    expect(step(resources, swap).parent).toBe("kube-control-swap");
    expect(step(resources, "kube-control-swap").parent).not.toBe("kube-control");
  });

  test("the credential is a secret in every input, and on no command line", async () => {
    const resources = await deployed(backend);
    for (const { name, inputs } of resources.values()) {
      const plain = JSON.stringify(inputs, (_key, value) => (isSecret(value) ? "[secret]" : value));
      expect([name, plain.includes(canary)]).toEqual([name, false]);
    }
  });

  test("another name has another record and another swap", async () => {
    const resources = await deployed({ ...backend, fqdn: "other.example.com" });
    for (const name of [record, swap]) {
      expect(resources.has(name)).toBe(false);
      expect(resources.has(name.replace(fqdn, "other.example.com"))).toBe(true);
    }
  });

  test("a host that does not answer skips its check and its line, and nothing else", async () => {
    const silent = silentHost(master1);
    const resources = await deployed({ ...backend, hosts: [silent, master2] });
    const seen = step(resources, "kube-control-swap-seen-by-k8s-master1");
    expect([seen.ignoreChanges, seen.inputs.create]).toEqual([["*"], undefined]);
    expect(step(resources, "kube-control-swap-seen-by-k8s-master2").inputs.create).toMatch(/-- create/);
    const entry = step(resources, "kube-control-swap-hosts-entry-k8s-master1");
    expect([entry.ignoreChanges, entry.inputs.create, entry.inputs.delete]).toEqual([["*"], undefined, undefined]);
    expect(sessionOf(silent).steps.map(({ name }) => name)).toEqual([seen.name, entry.name]);
    // the steps of the record do not depend on which hosts answer
    const before = await deployed(backend);
    for (const name of [record, swap]) expect(step(resources, name).inputs).toEqual(step(before, name).inputs);
  });
});

describe("cloudflare", () => {
  test("the record is created at the first master by its own provider, after the claim", async () => {
    const resources = await deployed({ cloudflare: { ...cloudflare, baseUrl: "http://192.168.2.10:8081/client/v4" } });
    const made = step(resources, record);
    expect(made.type).toBe("cloudflare:index/dnsRecord:DnsRecord");
    expect(made.inputs).toEqual({
      zoneId,
      name: fqdn,
      type: "A",
      content: "192.168.2.151",
      ttl: 60,
      proxied: false,
      comment: "kube-control: API servers",
    });
    expect(made.dependencies).toEqual([claim]);
    expect(made.importId).toBe("");
    expect(made.provider).toBe("kube-control-cloudflare");
    const provider = step(resources, "kube-control-cloudflare");
    expect(hidden(provider.inputs.apiToken)).toBe("CANARY-TOKEN");
    expect(provider.inputs.baseUrl).toBe("http://192.168.2.10:8081/client/v4");
  });

  test("the provider writes the record once; later changes are left to the swap", async () => {
    const resources = await deployed({ cloudflare, ttl: 300, comment: "mine" });
    const { inputs, ignoreChanges } = step(resources, record);
    const written = Object.keys(inputs).filter((key) => key !== "zoneId");
    expect([...ignoreChanges]).toEqual(expect.arrayContaining(written));
    expect(step(resources, swap).inputs).toMatchObject({
      address: "192.168.2.140",
      birthAddress: "192.168.2.151",
      ttl: 300,
      comment: "mine",
    });
  });

  test("an existing record is adopted and swapped by its id in both formats", async () => {
    returns(claim, { existing: "feedfeedfeedfeedfeedfeedfeedfeed" });
    for (const id of [`${zoneId}/feedfeedfeedfeedfeedfeedfeedfeed`, "feedfeedfeedfeedfeedfeedfeedfeed"]) {
      returns(record, { id });
      const resources = await deployed({ cloudflare });
      expect(step(resources, record).importId).toBe(`${zoneId}/feedfeedfeedfeedfeedfeedfeedfeed`);
      expect(step(resources, swap).inputs.recordId).toBe("feedfeedfeedfeedfeedfeedfeedfeed");
    }
  });

  test("the claim gets the addresses at which a record is adopted", async () => {
    const resources = await deployed({ cloudflare, adoptable: ["192.168.2.140"] });
    expect(step(resources, claim).inputs).toMatchObject({ address: "192.168.2.151", adoptable: ["192.168.2.140"] });
    expect(step(await deployed({ cloudflare }), claim).inputs).toMatchObject({ adoptable: [], ttl: 60 });
  });

  test("claim and swap have the type that they had as dynamic resources as an alias", async () => {
    const resources = await deployed({ cloudflare });
    for (const [name, type] of [
      [claim, "CloudflareClaim"],
      [swap, "CloudflareSwap"],
    ] as const) {
      const { type: present, parentUrn, aliases } = step(resources, name);
      expect(present).toBe(`kube-control-hosts:index:${type}`);
      expect(aliases).toEqual([{ name, type: "pulumi-nodejs:dynamic:Resource", parentUrn }]);
    }
  });

  test("the token is a secret in the outputs of claim and swap", async () => {
    const resources = await deployed({ cloudflare: { zoneId, apiToken: "CANARY-PLAIN" } });
    for (const name of [claim, swap]) {
      expect(step(resources, name).secretOutputs).toContain("apiToken");
      expect(hidden(step(resources, name).inputs.apiToken)).toBe("CANARY-PLAIN");
    }
  });
});

describe("rfc2136", () => {
  test("record and swap are local steps that can use every host, the first master first", async () => {
    const resources = await deployed({ rfc2136, adoptable: ["192.168.2.140"], nameServers: ["192.168.2.54"] });
    const made = step(resources, updated.record);
    const swapped = step(resources, updated.swap);
    for (const { type, inputs } of [made, swapped]) {
      expect(type).toBe("command:local:Command");
      expect(hidden(inputs.stdin)).toMatch(
        /^KC_HOSTS='k8s-master1 ops@192\.168\.2\.151:22\nk8s-master2 ops@192\.168\.2\.152:22'$/m,
      );
      expect(hidden(inputs.stdin)).toMatch(/^SERVER='192\.168\.2\.53'$/m);
      expect(inputs.delete).toMatch(/-- delete #/);
      expect(inputs.triggers).toBeUndefined();
    }
    expect(hidden(made.inputs.stdin)).toMatch(/^ADDRESS='192\.168\.2\.151'\nADOPTABLE='192\.168\.2\.140'$/m);
    // a change runs update(), which writes nothing if there is a record
    expect(made.inputs.update).toMatch(/-- update #/);
    expect(hidden(swapped.inputs.stdin)).toMatch(/^ADDRESS='192\.168\.2\.140'\nFQDN=/m);
    expect(hidden(swapped.inputs.stdin)).toMatch(/^INITIAL_ADDRESS='192\.168\.2\.151'$/m);
    expect(hidden(swapped.inputs.stdin)).toMatch(/^NAME_SERVERS='192\.168\.2\.54'$/m);
    expect(swapped.inputs.update).toBeUndefined();
  });

  test.each([
    ["record", record, "kube-control"],
    ["swap", swap, "kube-control-swap"],
  ])("the %s of an earlier version stays registered and does nothing", async (_what, name, parent) => {
    const retired = step(await deployed({ rfc2136 }), name);
    expect([retired.type, retired.parent]).toEqual(["command:remote:Command", parent]);
    // the old steps had no triggers; a change of triggers would replace them
    expect(Object.keys(retired.inputs).sort()).toEqual(["addPreviousOutputInEnv", "connection", "logging"]);
    expect(retired.ignoreChanges).toEqual([]);
    expect(hidden(retired.inputs.connection)).toMatchObject({ host: "192.168.2.151" });
  });

  test("with Cloudflare no step of RFC 2136 is registered", async () => {
    const resources = await deployed({ cloudflare });
    for (const name of [updated.record, updated.swap]) expect(resources.has(name)).toBe(false);
  });
});

test.each<[string, Partial<DnsRecordArgs>, string]>([
  ["no backend", {}, "kube-control: has neither of cloudflare and rfc2136"],
  ["two backends", { cloudflare, rfc2136 }, "kube-control: has both of cloudflare and rfc2136"],
  ["no host", { cloudflare, hosts: [] }, "kube-control.hosts: has no host"],
])("%s is refused", async (_what, change, message) => {
  const refused = await refusal(() => {
    new DnsRecord("kube-control", { ...common, ...change });
  });
  expect(refused).toContain(message);
});
