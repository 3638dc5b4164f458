import { readFileSync } from "node:fs";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { tryRun } from "../base/process";
import { docker } from "../machine/docker";
import { cidrOf, collision, type Subnet } from "./subnet";

/** The bridge's name on this machine; the kernel takes 15 characters. */
export const bridgeOf = (place: Place) => place.prefix.replace("kube-control-", "kc-lab-");

/**
 * Creates the hosts' network where it is missing.
 *
 * @param reserved addresses that Docker must never hand out, by what they are
 * @throws LabError where this machine reaches the subnet through something else
 */
export async function needNetwork(
  place: Place,
  subnet: Subnet,
  reserved: Readonly<Record<string, string>>,
): Promise<string> {
  const cidr = cidrOf(subnet);
  const known = await tryRun("docker", [
    "network",
    "inspect",
    place.prefix,
    "--format",
    "{{(index .IPAM.Config 0).Subnet}}",
  ]);
  if (known.code === 0 && known.stdout.trim() === cidr) {
    return `${cidr}, there already`;
  }
  const device = collision(subnet, readFileSync("/proc/net/route", "utf8"), bridgeOf(place));
  if (device !== undefined) {
    throw new LabError(
      `the lab's network ${cidr} is already routed on this machine, through ${device}`,
      "Move the lab: LAB_SUBNET=a.b.c.0/24 npm run lab\n" +
        "(every 192.168.2. address of Pulumi.dev.yaml then moves along). If another lab stands there, take it down first.",
    );
  }
  await docker([
    ...["network", "create", "--label", place.label, "--subnet", cidr, "--gateway", `${subnet.prefix}1`],
    ...Object.entries(reserved).flatMap(([name, address]) => ["--aux-address", `${name}=${address}`]),
    ...["-o", `com.docker.network.bridge.name=${bridgeOf(place)}`, place.prefix],
  ]);
  return `${cidr}, created`;
}
