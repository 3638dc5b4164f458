import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../host/error";
import type { HaproxyPairArgs } from "./args";
import { whyUnfitPassword } from "./keepalived";

/** @throws UserError where the arguments contradict each other or lack something */
export function refuseMistakes(name: string, { nodes, backends, virtualIp }: HaproxyPairArgs): void {
  if (nodes.length < 2) {
    throw new UserError(
      "has fewer than two load balancers",
      `${name}.nodes`,
      "List two or more, so that one may fail.",
    );
  }
  if (backends.length === 0) {
    throw new UserError("has no API server", `${name}.backends`, "List the masters: name and address.");
  }
  if (new Set(nodes.map(({ priority }) => priority)).size < nodes.length) {
    throw new UserError("gives two nodes the same priority", `${name}.nodes`, "Give each a priority of its own.");
  }
  if ((virtualIp.vrrpVersion === 2) !== (virtualIp.password !== undefined)) {
    throw virtualIp.password === undefined
      ? new UserError("is missing", `${name}.virtualIp.password`, "VRRP version 2 wants one, of 1 to 8 characters.")
      : new UserError(
          "is given, but VRRP version 3 has no password",
          `${name}.virtualIp.password`,
          "Take it out, or choose vrrpVersion 2.",
        );
  }
}

/** The password as a secret; it fails with a UserError where VRRP cannot send it. */
export function checkedPassword(name: string, password: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.secret(password).apply((text) => {
    const why = whyUnfitPassword(text);
    if (why !== undefined) {
      throw new UserError(
        `the VRRP password ${why}`,
        `${name}.virtualIp.password`,
        "Give 1 to 8 printable characters, or choose VRRP version 3, which has no password.",
      );
    }
    return text;
  });
}
