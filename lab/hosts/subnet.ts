import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import { LabError } from "../base/error";
import { type Place, privateFolder } from "../base/place";

/** The network of the committed configuration. */
const committed = "192.168.2.";

/** The lab's network: always a /24. */
export interface Subnet {
  /** The first three numbers and the dot, e.g. `192.168.2.`. */
  readonly prefix: string;
}

export const cidrOf = (subnet: Subnet) => `${subnet.prefix}0/24`;

export function parseSubnet(text: string): Subnet {
  const [, prefix] = /^(.*\.)0\/24$/.exec(text) ?? [];
  if (prefix === undefined || !isIPv4(`${prefix}0`)) {
    throw new LabError(
      `LAB_SUBNET=${text} is not a network of the form a.b.c.0/24`,
      "Example: LAB_SUBNET=10.77.3.0/24",
    );
  }
  return { prefix };
}

const file = (place: Place) => join(place.folder, "subnet");

/** The subnet of this lab as `a.b.c.0/24`; undefined if the lab does not exist. */
export function savedSubnet(place: Place): string | undefined {
  return existsSync(file(place)) ? readFileSync(file(place), "utf8").trim() : undefined;
}

/** The subnet of this lab, or the one that LAB_SUBNET gives to a new lab. */
export function subnetOf(place: Place, wanted: string | undefined = process.env["LAB_SUBNET"] || undefined): Subnet {
  const kept = savedSubnet(place);
  if (kept !== undefined && wanted !== undefined && kept !== wanted) {
    throw new LabError(
      `this lab's network is ${kept}, but LAB_SUBNET is ${wanted}`,
      "Run `npm run lab -- down` before you change the network.",
    );
  }
  return parseSubnet(kept ?? wanted ?? `${committed}0/24`);
}

export function saveSubnet(place: Place, subnet: Subnet): void {
  privateFolder(place.folder);
  writeFileSync(file(place), `${cidrOf(subnet)}\n`);
}

/** Moves the addresses in a text of the committed configuration into the lab's subnet. */
export function moveAddresses(subnet: Subnet, text: string): string {
  return text.replaceAll(new RegExp(`(?<![\\d.])${committed.replaceAll(".", "\\.")}(?=\\d)`, "g"), subnet.prefix);
}

/**
 * The device of a route that overlaps the subnet; the default route does not count.
 *
 * @param table the machine's IPv4 routes, as in /proc/net/route: numbers in the machine's byte order
 * @param own the lab's bridge, which may exist already
 */
export function collidingDevice(subnet: Subnet, table: string, own: string): string | undefined {
  const first = Buffer.from([...subnet.prefix.split(".").slice(0, 3).map(Number), 0]).readUInt32LE();
  const mask = Buffer.from([255, 255, 255, 0]).readUInt32LE();
  const routes = table.split("\n").slice(1);
  const overlapping = routes.find((line) => {
    const [device, start, , , , , , width] = line.split("\t");
    const common = mask & parseInt(width ?? "0", 16);
    return device !== own && common !== 0 && ((first ^ parseInt(start ?? "0", 16)) & common) === 0;
  });
  return overlapping?.split("\t")[0];
}
