import { existsSync, readFileSync } from "node:fs";
import { LabError } from "../base/error";
import { labelKey, type Place } from "../base/place";
import { docker, inspect } from "../machine/docker";
import { cidrOf, collidingDevice, saveSubnet, type Subnet } from "./subnet";

/** The bridge's name on this machine. The kernel allows 15 characters. */
export const bridgeOf = (place: Place) => place.prefix.replace("kube-control-", "kc-lab-");

/**
 * Creates the hosts' network if it does not exist. This comes before the long builds: it reserves the subnet, and shows this
 * lab to the others.
 *
 * @param virtualIp address that Docker must never assign
 * @throws LabError if this machine already has a route into the subnet
 */
export async function ensureNetwork(place: Place, subnet: Subnet, virtualIp: string): Promise<string> {
  const cidr = cidrOf(subnet);
  const exists = (await inspect("network", place.prefix, "{{(index .IPAM.Config 0).Subnet}}")) === cidr;
  if (!exists) {
    const device = collidingDevice(subnet, readFileSync("/proc/net/route", "utf8"), bridgeOf(place));
    if (device !== undefined) throw taken(cidr, `is already routed on this machine, through ${device}`);
    await docker([
      ...["network", "create", "--label", place.label, "--subnet", cidr, "--gateway", `${subnet.prefix}1`],
      ...["--aux-address", `vip=${virtualIp}`, "-o", `com.docker.network.bridge.name=${bridgeOf(place)}`, place.prefix],
    ]).catch((error: unknown) => {
      // if two labs are created at the same time, Docker gives the subnet to one of them
      throw error instanceof LabError && /overlap/.test(error.details ?? "")
        ? taken(cidr, "overlaps another network of Docker")
        : error;
    });
  }
  saveSubnet(place, subnet);
  return `${cidr}, ${exists ? "exists" : "created"}`;
}

const taken = (cidr: string, how: string) =>
  new LabError(
    `the lab's network ${cidr} ${how}`,
    "Move the lab: LAB_SUBNET=a.b.c.0/24 npm run lab\n" +
      "(the lab then replaces 192.168.2. in every address of Pulumi.dev.yaml). If another lab uses this network, " +
      "remove that lab first.",
  );

/**
 * The checkouts of the other labs in this Docker. A lab has a network from its first run until `down`. A deleted checkout is
 * left out: nobody can run `down` in it.
 */
export async function otherLabs(place: Place): Promise<string[]> {
  const format = `{{.Label "${labelKey}"}}`;
  const roots = await docker(["network", "ls", "--filter", `label=${labelKey}`, "--format", format]);
  return roots.split("\n").filter((root) => root !== "" && root !== place.root && existsSync(root));
}
