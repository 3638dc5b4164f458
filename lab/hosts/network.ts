import { existsSync, readFileSync } from "node:fs";
import { LabError } from "../base/error";
import { labelKey, type Place } from "../base/place";
import { docker, inspect } from "../machine/docker";
import { cidrOf, collidingDevice, saveSubnet, type Subnet } from "./subnet";

/** The bridge's name on this machine; the kernel takes 15 characters. */
export const bridgeOf = (place: Place) => place.prefix.replace("kube-control-", "kc-lab-");

/**
 * Creates the hosts' network where it is missing. It comes before all that takes long: it keeps the subnet, and tells other
 * labs of this one.
 *
 * @param virtualIp address that Docker must never hand out
 * @throws LabError where this machine reaches the subnet through something else
 */
export async function ensureNetwork(place: Place, subnet: Subnet, virtualIp: string): Promise<string> {
  const cidr = cidrOf(subnet);
  const isThere = (await inspect("network", place.prefix, "{{(index .IPAM.Config 0).Subnet}}")) === cidr;
  if (!isThere) {
    const device = collidingDevice(subnet, readFileSync("/proc/net/route", "utf8"), bridgeOf(place));
    if (device !== undefined) throw taken(cidr, `is already routed on this machine, through ${device}`);
    await docker([
      ...["network", "create", "--label", place.label, "--subnet", cidr, "--gateway", `${subnet.prefix}1`],
      ...["--aux-address", `vip=${virtualIp}`, "-o", `com.docker.network.bridge.name=${bridgeOf(place)}`, place.prefix],
    ]).catch((error: unknown) => {
      // of two labs that are raised at the same moment, Docker gives the subnet to one
      throw error instanceof LabError && /overlap/.test(error.details ?? "")
        ? taken(cidr, "is another network of Docker's by now")
        : error;
    });
  }
  saveSubnet(place, subnet);
  return `${cidr}, ${isThere ? "there already" : "created"}`;
}

const taken = (cidr: string, how: string) =>
  new LabError(
    `the lab's network ${cidr} ${how}`,
    "Move the lab: LAB_SUBNET=a.b.c.0/24 npm run lab\n" +
      "(every 192.168.2. address of Pulumi.dev.yaml then moves along). If another lab stands there, take it down first.",
  );

/**
 * The checkouts of this Docker's other labs. A lab has its network from the beginning of its first run until `down`. A checkout
 * that was removed without it is left out: nobody can take its lab down.
 */
export async function otherLabs(place: Place): Promise<string[]> {
  const format = `{{.Label "${labelKey}"}}`;
  const roots = await docker(["network", "ls", "--filter", `label=${labelKey}`, "--format", format]);
  return roots.split("\n").filter((root) => root !== "" && root !== place.root && existsSync(root));
}
