import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../base/error";
import type { Place } from "../base/place";

/** The network of the seed, and of the committed configuration. */
const written = "192.168.2.";

/** The lab's network: always a /24. */
export interface Subnet {
  /** Its first three numbers with the dot, e.g. `192.168.2.`. */
  readonly prefix: string;
}

export const cidrOf = (subnet: Subnet) => `${subnet.prefix}0/24`;

export function parseSubnet(text: string): Subnet {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.0\/24$/.exec(text);
  const numbers = match?.slice(1).map(Number) ?? [];
  if (match === null || numbers.some((number) => number > 255)) {
    throw new LabError(
      `LAB_SUBNET=${text} is not a network of the form a.b.c.0/24`,
      "Example: LAB_SUBNET=10.77.3.0/24",
    );
  }
  return { prefix: `${numbers.join(".")}.` };
}

const file = (place: Place) => join(place.folder, "subnet");

/** The subnet that this lab stands in, as `a.b.c.0/24`; undefined where no lab stands. */
export function keptSubnet(place: Place): string | undefined {
  return existsSync(file(place)) ? readFileSync(file(place), "utf8").trim() : undefined;
}

/** The subnet that this lab stands in, or that LAB_SUBNET gives to a new one. */
export function subnetOf(place: Place, wanted: string | undefined = process.env["LAB_SUBNET"] || undefined): Subnet {
  const kept = keptSubnet(place);
  if (kept !== undefined && wanted !== undefined && kept !== wanted) {
    throw new LabError(
      `this lab stands in ${kept}, and LAB_SUBNET is ${wanted}`,
      "Run `npm run lab -- down` before moving it.",
    );
  }
  return parseSubnet(kept ?? wanted ?? `${written}0/24`);
}

export function keepSubnet(place: Place, subnet: Subnet): void {
  mkdirSync(place.folder, { recursive: true });
  writeFileSync(file(place), `${cidrOf(subnet)}\n`);
}

/** A text of the committed configuration with its addresses moved into the lab's subnet. */
export function movedTo(subnet: Subnet, text: string): string {
  return text.replaceAll(new RegExp(`(?<![\\d.])${written.replaceAll(".", "\\.")}(?=\\d)`, "g"), subnet.prefix);
}

interface Route {
  readonly device: string;
  readonly first: number;
  readonly mask: number;
}

/** The machine's IPv4 routes, as /proc/net/route shows them; the default route left out. */
export function routesIn(table: string): Route[] {
  const number = (hex: string) => Buffer.from(hex, "hex").readUInt32LE();
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 8 && fields[7] !== "00000000")
    .map((fields) => ({ device: fields[0] ?? "", first: number(fields[1] ?? ""), mask: number(fields[7] ?? "") }));
}

/** The device of a route that the subnet would collide with. `own`: the lab's bridge, which may be there already. */
export function collision(subnet: Subnet, table: string, own: string): string | undefined {
  const first =
    subnet.prefix
      .split(".")
      .slice(0, 3)
      .reduce((sum, part) => sum * 256 + Number(part), 0) * 256;
  const mask = 0xffffff00;
  const meets = (route: Route) => {
    const common = (route.mask & mask) >>> 0;
    return (route.first & common) >>> 0 === (first & common) >>> 0;
  };
  return routesIn(table).find((route) => route.device !== own && meets(route))?.device;
}
