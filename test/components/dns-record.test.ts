import type { DnsRecordArgs } from "../../components/dns-record";
import { hidden, hostAt, isSecret, mockEngine, type Recorded, registered, returns } from "./recorder";

mockEngine();
// after the mocks are set
import * as pulumi from "@pulumi/pulumi";
import { DnsRecord } from "../../components/dns-record";
import { HaproxyPair } from "../../components/haproxy-pair";

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

const step = (resources: Map<string, Recorded>, name: string): Recorded => {
  const found = resources.get(name);
  if (found === undefined) throw new Error(`${name} is not among ${[...resources.keys()].join(", ")}`);
  return found;
};

/** Record, pair and swap, wired as index.ts does; `change` is for the record. */
const deployed = (change: Partial<DnsRecordArgs>) =>
  registered(() => {
    const endpoint = new DnsRecord("kube-control", { ...common, ...change });
    const controlPlane = new HaproxyPair(
      "stands-for-the-control-plane",
      {
        virtualIp: { address: "192.168.2.140" },
        nodes: [
          { ...master1, priority: 2 },
          { ...master2, priority: 1 },
        ],
        backends: [master1],
      },
      { dependsOn: endpoint },
    );
    const serving = controlPlane.serving({ from: master1, fqdn: endpoint.fqdn });
    endpoint.swapTo("192.168.2.140", { dependsOn: [controlPlane, serving] });
  });

beforeEach(() => returns(claim, { existing: "" }));

describe.each([
  ["cloudflare", { cloudflare }, "CANARY-TOKEN"],
  ["rfc2136", { rfc2136 }, "CANARY-TSIG="],
])("%s", (_backend, backend, canary) => {
  test("the swap waits for what it depends on, and every host for the swap", async () => {
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
      // nothing is changed there, so no lock is taken and deletion dials nobody
      expect(seen.inputs.stdin).toMatch(/^KC_LOCK='0'$/m);
      expect(seen.inputs.delete).toBeUndefined();
    }
  });

  test("whoever takes the name waits for the record", async () => {
    const resources = await deployed(backend);
    expect(step(resources, "stands-for-the-control-plane-serving").dependencies).toContain(record);
  });

  test("the swap is no child of the record, or what depends on the record would wait for the swap", async () => {
    const resources = await deployed(backend);
    expect(step(resources, record).parent).toBe("kube-control");
    expect(step(resources, swap).parent).toBe("kube-control-swap");
    expect(step(resources, "kube-control-swap").parent).not.toBe("kube-control");
  });

  test("the secret is a secret wherever it is, and on no command line", async () => {
    const resources = await deployed(backend);
    for (const { name, inputs } of resources.values()) {
      const plain = JSON.stringify(inputs, (_key, value) => (isSecret(value) ? "[secret]" : value));
      expect([name, plain.includes(canary)]).toEqual([name, false]);
    }
  });

  test("a changed name is another record and another swap", async () => {
    const resources = await deployed({ ...backend, fqdn: "other.example.com" });
    expect(resources.has("kube-control-record-other.example.com")).toBe(true);
    expect(resources.has("kube-control-swap-other.example.com")).toBe(true);
  });
});

describe("cloudflare", () => {
  test("the record is born at the first master, by a provider of its own, after the name was found free", async () => {
    const resources = await deployed({ cloudflare: { ...cloudflare, baseUrl: "http://192.168.2.10:8081/client/v4" } });
    const born = step(resources, record);
    expect(born.type).toBe("cloudflare:index/dnsRecord:DnsRecord");
    expect(born.inputs).toEqual({
      zoneId,
      name: fqdn,
      type: "A",
      content: "192.168.2.151",
      ttl: 60,
      proxied: false,
      comment: "kube-control: API servers",
    });
    expect(born.dependencies).toEqual([claim]);
    expect(born.importId).toBe("");
    expect(born.provider).toBe("kube-control-cloudflare");
    const provider = step(resources, "kube-control-cloudflare");
    expect(hidden(provider.inputs.apiToken)).toBe("CANARY-TOKEN");
    expect(provider.inputs.baseUrl).toBe("http://192.168.2.10:8081/client/v4");
  });

  test("the provider writes nothing of the record after its birth: every property but the zone is left to the swap", async () => {
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

  test("a record that was there already is adopted by its id, and swapped by it, whichever way the provider names it", async () => {
    returns(claim, { existing: "feedfeedfeedfeedfeedfeedfeedfeed" });
    for (const id of [`${zoneId}/feedfeedfeedfeedfeedfeedfeedfeed`, "feedfeedfeedfeedfeedfeedfeedfeed"]) {
      returns(record, { id });
      const resources = await deployed({ cloudflare });
      expect(step(resources, record).importId).toBe(`${zoneId}/feedfeedfeedfeedfeedfeedfeedfeed`);
      expect(step(resources, swap).inputs.recordId).toBe("feedfeedfeedfeedfeedfeedfeedfeed");
    }
  });

  test("the token is kept secret in what the dynamic resources return", async () => {
    const resources = await deployed({ cloudflare: { zoneId, apiToken: "CANARY-PLAIN" } });
    for (const name of [claim, swap]) {
      expect(step(resources, name).additionalSecretOutputs).toContain("apiToken");
      expect(hidden(step(resources, name).inputs.apiToken)).toBe("CANARY-PLAIN");
      // its code is frozen into the state: it holds no token
      expect(JSON.stringify(step(resources, name).inputs.__provider)).not.toContain("CANARY");
    }
  });
});

describe("rfc2136", () => {
  test("the record is made and swapped from the first host; a change of it never writes the address it was born with", async () => {
    const resources = await deployed({ rfc2136, nameServers: ["192.168.2.54"] });
    const born = step(resources, record).inputs;
    const swapped = step(resources, swap).inputs;
    for (const inputs of [born, swapped]) {
      expect(hidden(inputs.connection)).toMatchObject({ host: "192.168.2.151" });
      expect(hidden(inputs.stdin)).toMatch(/^SERVER='192\.168\.2\.53'$/m);
      expect(inputs.delete).toMatch(/-- delete #/);
    }
    expect(hidden(born.stdin)).toMatch(/^ADDRESS='192\.168\.2\.151'$/m);
    // a change runs update(), which writes nothing where there is a record
    expect(born.update).toMatch(/-- update #/);
    expect(hidden(swapped.stdin)).toMatch(/^ADDRESS='192\.168\.2\.140'$/m);
    expect(hidden(swapped.stdin)).toMatch(/^BIRTH_ADDRESS='192\.168\.2\.151'$/m);
    expect(hidden(swapped.stdin)).toMatch(/^NAME_SERVERS='192\.168\.2\.54'$/m);
    expect(swapped.update).toBeUndefined();
  });
});

test.each<[string, Partial<DnsRecordArgs>, string]>([
  ["no backend", {}, "kube-control: names nobody who keeps the record"],
  ["two backends", { cloudflare, rfc2136 }, "kube-control: names both cloudflare and rfc2136"],
  ["no host", { cloudflare, hosts: [] }, "kube-control.hosts: has no host"],
])("%s is refused", (_what, change, message) => {
  expect(() => new DnsRecord("kube-control", { ...common, ...change })).toThrow(message);
});
