import * as pulumi from "@pulumi/pulumi";
import { argumentError } from "../../host/argument";
import type { HaproxyPairArgs } from "./args";
import { whyUnfitPassword } from "./keepalived";

/** @throws ResourceError where the arguments contradict each other or lack something */
export function refuseMistakes(
  component: pulumi.ComponentResource,
  name: string,
  { nodes, apiServers, virtualIp }: HaproxyPairArgs,
): void {
  const refuse = (argument: string, what: string, whatToDo: string) =>
    argumentError(component, `${name}.${argument}`, what, whatToDo);
  if (nodes.length < 2) {
    throw refuse("nodes", "has fewer than two load balancers", "List two or more, so that one may fail.");
  }
  if (apiServers.length === 0) {
    throw refuse("apiServers", "has no API server", "List the masters: name and address.");
  }
  if (new Set(nodes.map(({ priority }) => priority)).size < nodes.length) {
    throw refuse("nodes", "gives two nodes the same priority", "Give each a priority of its own.");
  }
  if (![2, 3].includes(virtualIp.vrrpVersion ?? 3)) {
    throw refuse("virtualIp.vrrpVersion", `${virtualIp.vrrpVersion} is not a version of VRRP`, "Give 2 or 3.");
  }
  if ((virtualIp.vrrpVersion === 2) !== (virtualIp.password !== undefined)) {
    throw virtualIp.password === undefined
      ? refuse("virtualIp.password", "is missing", "VRRP version 2 needs one, of 1 to 8 characters.")
      : refuse(
          "virtualIp.password",
          "is given, but VRRP version 3 has no password",
          "Take it out, or choose vrrpVersion 2.",
        );
  }
}

/** The password as a secret; it fails with a ResourceError where VRRP cannot send it. */
export function checkedPassword(
  component: pulumi.ComponentResource,
  name: string,
  password: pulumi.Input<string>,
): pulumi.Output<string> {
  return pulumi.secret(password).apply((text) => {
    const why = whyUnfitPassword(text);
    if (why !== undefined) {
      throw argumentError(
        component,
        `${name}.virtualIp.password`,
        `the VRRP password ${why}`,
        "Give 1 to 8 printable characters, or choose VRRP version 3, which has no password.",
      );
    }
    return text;
  });
}
