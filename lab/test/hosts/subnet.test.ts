import fc from "fast-check";
import { cidrOf, collision, keepSubnet, movedTo, parseSubnet, subnetOf } from "../../hosts/subnet";
import { scratchPlace } from "../scratch";

const byte = fc.integer({ min: 0, max: 255 });
const prefix = fc.tuple(byte, byte, byte).map((numbers) => `${numbers.join(".")}.`);

/** A number as /proc/net/route shows it on a little-endian machine. */
const hex = (number: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes.toString("hex").toUpperCase();
};
const numberOf = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const maskOf = (length: number) => (length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0);

/** /proc/net/route of a machine with these routes, `[device, network]` each. */
function routeTable(...routes: readonly (readonly [string, string])[]): string {
  const lines = routes.map(([device, network]) => {
    const [address = "", length = ""] = network.split("/");
    return `${device}\t${hex(numberOf(address))}\t00000000\t0001\t0\t0\t0\t${hex(maskOf(Number(length)))}\t0\t0\t0`;
  });
  const heads = [
    "Iface",
    "Destination",
    "Gateway ",
    "Flags",
    "RefCnt",
    "Use",
    "Metric",
    "Mask",
    "MTU",
    "Window",
    "IRTT",
  ];
  return `${[heads.join("\t"), ...lines].map((line) => line.padEnd(127)).join("\n")}\n`;
}

describe("parsing", () => {
  test("any /24 is read and written alike", () => {
    fc.assert(
      fc.property(prefix, (text) => {
        const subnet = parseSubnet(`${text}0/24`);
        expect(subnet).toEqual({ prefix: text });
        expect(cidrOf(subnet)).toBe(`${text}0/24`);
      }),
    );
  });

  test.each(["10.77.3.0", "10.77.3.0/16", "10.77.3.1/24", "10.77.256.0/24", "10.77.0/24", "fd00::/64", " 10.1.2.0/24"])(
    "%s is refused, with an example",
    (text) => {
      expect(() => parseSubnet(text)).toThrow(
        expect.objectContaining({
          name: "LabError",
          message: `LAB_SUBNET=${text} is not a network of the form a.b.c.0/24`,
          remedy: "Example: LAB_SUBNET=10.77.3.0/24",
        }),
      );
    },
  );
});

describe("the lab's own", () => {
  test("is the seed's, or what LAB_SUBNET says", () => {
    const place = scratchPlace();
    expect(subnetOf(place, undefined)).toEqual({ prefix: "192.168.2." });
    expect(subnetOf(place, "10.77.3.0/24")).toEqual({ prefix: "10.77.3." });
  });

  test("an empty LAB_SUBNET says nothing", () => {
    const before = process.env["LAB_SUBNET"];
    try {
      process.env["LAB_SUBNET"] = "";
      expect(subnetOf(scratchPlace())).toEqual({ prefix: "192.168.2." });
    } finally {
      if (before === undefined) delete process.env["LAB_SUBNET"];
      else process.env["LAB_SUBNET"] = before;
    }
  });

  test("stays what it was when the lab was raised, and another wish is refused", () => {
    const place = scratchPlace();
    keepSubnet(place, { prefix: "10.77.3." });
    expect(subnetOf(place, undefined)).toEqual({ prefix: "10.77.3." });
    expect(subnetOf(place, "10.77.3.0/24")).toEqual({ prefix: "10.77.3." });
    expect(() => subnetOf(place, "10.77.4.0/24")).toThrow(
      expect.objectContaining({
        message: "this lab stands in 10.77.3.0/24, and LAB_SUBNET is 10.77.4.0/24",
        remedy: expect.stringContaining("npm run lab -- down"),
      }),
    );
  });
});

describe("moving addresses", () => {
  test("moves the seed's addresses and networks, wherever they stand in the text", () => {
    expect(
      movedTo(
        { prefix: "10.77.3." },
        "a: 192.168.2.151, b: [192.168.2.0/24,192.168.2.140], c: http://192.168.2.10:8081/x, d: ssh://ops@192.168.2.5",
      ),
    ).toBe("a: 10.77.3.151, b: [10.77.3.0/24,10.77.3.140], c: http://10.77.3.10:8081/x, d: ssh://ops@10.77.3.5");
  });

  test.each(["192.168.20.1", "10.192.168.2.1", "1192.168.2.1", "192-168-2-1", "192.168.2.x", "version 192.168.2."])(
    "leaves %s alone",
    (text) => expect(movedTo({ prefix: "10.77.3." }, text)).toBe(text),
  );

  test("moved there and nowhere else: what is left has no address of the seed", () => {
    fc.assert(
      fc.property(prefix, fc.array(byte), fc.constantFrom(" ", ",", "\n", "/24 ", ":80 "), (to, hosts, between) => {
        const at = (first: string) => hosts.map((host) => `${first}${host}`).join(between);
        expect(movedTo({ prefix: to }, at("192.168.2."))).toBe(at(to));
      }),
    );
  });
});

describe("collisions", () => {
  const lab = parseSubnet("192.168.2.0/24");

  test("a route table as the kernel writes it", () => {
    const table = [
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   ",
      "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0     ",
      "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0     ",
      "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0     ",
      "",
    ].join("\n");
    expect(collision(lab, table, "br-lab")).toBeUndefined();
    expect(collision(parseSubnet("192.168.1.0/24"), table, "br-lab")).toBe("eth0");
    expect(collision(parseSubnet("172.17.9.0/24"), table, "br-lab")).toBe("docker0");
  });

  test.each([
    ["the same network", "192.168.2.0/24", "eth1"],
    ["a network around it", "192.168.0.0/16", "eth1"],
    ["a host in it", "192.168.2.77/32", "eth1"],
    ["its upper half", "192.168.2.128/25", "eth1"],
    ["the next network", "192.168.3.0/24", undefined],
    ["a larger one beside it", "192.168.4.0/22", undefined],
    ["the default route", "0.0.0.0/0", undefined],
  ])("%s", (_what, network, device) => {
    expect(collision(lab, routeTable(["lo", "127.0.0.0/8"], ["eth1", network]), "br-lab")).toBe(device);
  });

  test("the lab's own bridge is no collision, another device behind it is", () => {
    const table = routeTable(["br-lab", "192.168.2.0/24"]);
    expect(collision(lab, table, "br-lab")).toBeUndefined();
    expect(collision(lab, routeTable(["br-lab", "192.168.2.0/24"], ["wg0", "192.168.2.0/24"]), "br-lab")).toBe("wg0");
  });

  test("no routes at all", () => expect(collision(lab, routeTable(), "br-lab")).toBeUndefined());

  test("collides where, and only where, an address lies in both", () => {
    fc.assert(
      fc.property(
        prefix,
        fc.integer({ min: 1, max: 32 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.boolean(),
        (first, length, anywhere, near) => {
          const begin = numberOf(`${first}0`);
          // near: an address of the lab's network, masked
          const start = ((near ? begin + (anywhere % 256) : anywhere) & maskOf(length)) >>> 0;
          const end = start + 2 ** (32 - length) - 1;
          const network = [24, 16, 8, 0].map((shift) => (start >>> shift) & 255).join(".");
          const overlap = start <= begin + 255 && end >= begin;
          expect(collision({ prefix: first }, routeTable(["eth1", `${network}/${length}`]), "br-lab")).toBe(
            overlap ? "eth1" : undefined,
          );
        },
      ),
    );
  });
});
