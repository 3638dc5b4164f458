import fc from "fast-check";
import { cidrOf, collidingDevice, saveSubnet, moveAddresses, parseSubnet, subnetOf } from "../../hosts/subnet";
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
  test("any /24 is parsed and formatted unchanged", () => {
    fc.assert(
      fc.property(prefix, (text) => {
        const subnet = parseSubnet(`${text}0/24`);
        expect(subnet).toEqual({ prefix: text });
        expect(cidrOf(subnet)).toBe(`${text}0/24`);
      }),
    );
  });

  test.each(["10.77.3.0", "10.77.3.0/16", "10.77.3.1/24", "10.77.256.0/24", "10.77.0/24", "fd00::/64", " 10.1.2.0/24"])(
    "%s is refused with an example",
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

describe("the lab's subnet", () => {
  test("is the default, or the value of LAB_SUBNET", () => {
    const place = scratchPlace();
    expect(subnetOf(place, undefined)).toEqual({ prefix: "192.168.2." });
    expect(subnetOf(place, "10.77.3.0/24")).toEqual({ prefix: "10.77.3." });
  });

  test("is the default if LAB_SUBNET is empty", () => {
    const before = process.env["LAB_SUBNET"];
    try {
      process.env["LAB_SUBNET"] = "";
      expect(subnetOf(scratchPlace())).toEqual({ prefix: "192.168.2." });
    } finally {
      if (before === undefined) delete process.env["LAB_SUBNET"];
      else process.env["LAB_SUBNET"] = before;
    }
  });

  test("stays the same in an existing lab, and another LAB_SUBNET is refused", () => {
    const place = scratchPlace();
    saveSubnet(place, { prefix: "10.77.3." });
    expect(subnetOf(place, undefined)).toEqual({ prefix: "10.77.3." });
    expect(subnetOf(place, "10.77.3.0/24")).toEqual({ prefix: "10.77.3." });
    expect(() => subnetOf(place, "10.77.4.0/24")).toThrow(
      expect.objectContaining({
        message: "this lab's network is 10.77.3.0/24, but LAB_SUBNET is 10.77.4.0/24",
        remedy: expect.stringContaining("npm run lab -- down"),
      }),
    );
  });
});

describe("moving addresses", () => {
  test("moves all addresses and networks of the committed subnet in a text", () => {
    expect(
      moveAddresses(
        { prefix: "10.77.3." },
        "a: 192.168.2.151, b: [192.168.2.0/24,192.168.2.140], c: http://192.168.2.10:8081/x, d: ssh://ops@192.168.2.5",
      ),
    ).toBe("a: 10.77.3.151, b: [10.77.3.0/24,10.77.3.140], c: http://10.77.3.10:8081/x, d: ssh://ops@10.77.3.5");
  });

  test.each(["192.168.20.1", "10.192.168.2.1", "1192.168.2.1", "192-168-2-1", "192.168.2.x", "version 192.168.2."])(
    "does not change %s",
    (text) => expect(moveAddresses({ prefix: "10.77.3." }, text)).toBe(text),
  );

  test("moves every address, whatever the separators", () => {
    fc.assert(
      fc.property(prefix, fc.array(byte), fc.constantFrom(" ", ",", "\n", "/24 ", ":80 "), (to, hosts, between) => {
        const at = (first: string) => hosts.map((host) => `${first}${host}`).join(between);
        expect(moveAddresses({ prefix: to }, at("192.168.2."))).toBe(at(to));
      }),
    );
  });
});

describe("collisions", () => {
  const lab = parseSubnet("192.168.2.0/24");

  test("are found in the kernel's route table", () => {
    const table = [
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   ",
      "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0     ",
      "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0     ",
      "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0     ",
      "",
    ].join("\n");
    expect(collidingDevice(lab, table, "br-lab")).toBeUndefined();
    expect(collidingDevice(parseSubnet("192.168.1.0/24"), table, "br-lab")).toBe("eth0");
    expect(collidingDevice(parseSubnet("172.17.9.0/24"), table, "br-lab")).toBe("docker0");
  });

  test.each([
    ["the same network", "192.168.2.0/24", "eth1"],
    ["a network around it", "192.168.0.0/16", "eth1"],
    ["a host in it", "192.168.2.77/32", "eth1"],
    ["its upper half", "192.168.2.128/25", "eth1"],
    ["the next network", "192.168.3.0/24", undefined],
    ["a larger one beside it", "192.168.4.0/22", undefined],
    ["the default route", "0.0.0.0/0", undefined],
  ])("with %s: %s gives %s", (_what, network, device) => {
    expect(collidingDevice(lab, routeTable(["lo", "127.0.0.0/8"], ["eth1", network]), "br-lab")).toBe(device);
  });

  test("the lab's own bridge does not collide; another device with the same network does", () => {
    const table = routeTable(["br-lab", "192.168.2.0/24"]);
    expect(collidingDevice(lab, table, "br-lab")).toBeUndefined();
    expect(collidingDevice(lab, routeTable(["br-lab", "192.168.2.0/24"], ["wg0", "192.168.2.0/24"]), "br-lab")).toBe(
      "wg0",
    );
  });

  test("without routes there is no collision", () =>
    expect(collidingDevice(lab, routeTable(), "br-lab")).toBeUndefined());

  test("a route collides if and only if it shares an address with the subnet", () => {
    fc.assert(
      fc.property(
        prefix,
        fc.integer({ min: 1, max: 32 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.boolean(),
        (first, length, anywhere, near) => {
          const begin = numberOf(`${first}0`);
          // near: a masked address of the lab's network
          const start = ((near ? begin + (anywhere % 256) : anywhere) & maskOf(length)) >>> 0;
          const end = start + 2 ** (32 - length) - 1;
          const network = [24, 16, 8, 0].map((shift) => (start >>> shift) & 255).join(".");
          const overlap = start <= begin + 255 && end >= begin;
          expect(collidingDevice({ prefix: first }, routeTable(["eth1", `${network}/${length}`]), "br-lab")).toBe(
            overlap ? "eth1" : undefined,
          );
        },
      ),
    );
  });
});
