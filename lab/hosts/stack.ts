import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { providerOf } from "../../settings/endpoint";
import { mistakesOf } from "../../settings/issues";
import { namespace } from "../../settings/mistakes";
import { type StackConfiguration, stackShape } from "../../settings/schema";
import { secretNames } from "../../settings/sections/secrets";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { moveAddresses, type Subnet } from "./subnet";

export type Machine = StackConfiguration["monitor"];

/** The settings of the stack `dev` that the lab needs to create machines and services. */
export type Stack = Readonly<ReturnType<typeof readStack>>;

/**
 * Reads the committed stack `dev`.
 *
 * @throws LabError with the mistakes of single settings; the program finds contradictions between settings
 */
export function readStack(place: Place, subnet: Subnet) {
  const file = join(place.root, "Pulumi.dev.yaml");
  if (!existsSync(file)) {
    throw new LabError(`${file} is missing`, "It is part of the project. Restore it: `git checkout Pulumi.dev.yaml`.");
  }
  return stackOf(moveAddresses(subnet, readFileSync(file, "utf8")));
}

/**
 * Parses a stack's configuration.
 *
 * @throws LabError as {@link readStack}
 */
export function stackOf(text: string) {
  const values = settingsIn(text);
  const result = stackShape.safeParse(values);
  if (!result.success) {
    const mistakes = mistakesOf(result.error, values).map(({ key, what, remedy }) => `${key} ${what}. ${remedy}`);
    throw new LabError("Pulumi.dev.yaml has mistakes", "Correct them. No host was created.", mistakes.join("\n"));
  }
  const { endpoint, virtualIp, ssh, nas, masters, workers, loadBalancers, monitor } = result.data;
  return {
    ...{ masters, workers, loadBalancers, monitor },
    /** The configuration's text, with addresses in the lab's subnet. */
    text,
    virtualIp: virtualIp.address,
    vrrpVersion: virtualIp.vrrpVersion,
    fqdn: endpoint.fqdn,
    port: endpoint.port,
    /** The DNS zone of the endpoint's name. */
    zone: endpoint.rfc2136?.zone ?? endpoint.fqdn.split(".").slice(1).join("."),
    zoneId: endpoint.cloudflare?.zoneId ?? "0".repeat(32),
    provider: providerOf(endpoint),
    user: ssh.user,
    nasPort: nas.port,
  };
}

/** The program's settings without the secrets, by their keys without the namespace. */
function settingsIn(text: string): Record<string, unknown> {
  try {
    const { config } = (parse(text) as { config?: Record<string, unknown> } | null) ?? {};
    const settings = Object.entries(config ?? {})
      .filter(([key]) => key.startsWith(`${namespace}:`))
      .map(([key, value]) => [key.slice(namespace.length + 1), value] as const);
    return Object.fromEntries(settings.filter(([key]) => !secretNames.some((name) => name === key)));
  } catch (error) {
    throw new LabError("Pulumi.dev.yaml cannot be read", "Correct its YAML syntax.", (error as Error).message);
  }
}
