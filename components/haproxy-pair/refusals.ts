import * as pulumi from "@pulumi/pulumi";
import { argumentError } from "../../host/argument";
import { argumentName, type NameOf, type Refusal } from "../../host/refusal";
import { defaults } from "./defaults";
import { whyUnfitPassword } from "./keepalived";

/** The arguments to check. An argument that is omitted is not checked. */
export interface CheckedArgs {
  readonly nodes?: readonly { readonly priority?: number }[];
  readonly apiServers?: readonly unknown[];
  readonly virtualIp?: { readonly vrrpVersion?: number; readonly password?: unknown };
}

/** Mistakes in a pair's arguments, except in the text of the password ({@link checkedPassword}). */
export function refusals({ nodes, apiServers, virtualIp }: CheckedArgs, nameOf: NameOf = argumentName): Refusal[] {
  const all = nodes === undefined ? [] : priorityClashes(nodes, nameOf);
  if (nodes !== undefined && nodes.length < 2) {
    all.push({
      path: ["nodes"],
      what: "has fewer than two load balancers",
      remedy: "List two or more, so that one may fail.",
    });
  }
  if (apiServers?.length === 0) {
    all.push({ path: ["apiServers"], what: "has no API server", remedy: "List the masters: name and address." });
  }
  return virtualIp === undefined ? all : [...all, ...virtualIpMistakes(virtualIp)];
}

function priorityClashes(nodes: NonNullable<CheckedArgs["nodes"]>, nameOf: NameOf): Refusal[] {
  const priorities = nodes.map(({ priority }) => priority);
  return priorities.flatMap((priority, index) => {
    const first = priorities.indexOf(priority);
    return priority === undefined || first === index
      ? []
      : [
          {
            path: ["nodes", index, "priority"],
            what: `is already the VRRP priority of ${nameOf(["nodes", first])}: both could hold the virtual IP`,
            remedy: "Give each load balancer its own priority, and the preferred one the highest.",
          },
        ];
  });
}

function virtualIpMistakes({
  vrrpVersion = defaults.vrrpVersion,
  password,
}: NonNullable<CheckedArgs["virtualIp"]>): Refusal[] {
  if (vrrpVersion !== 2 && vrrpVersion !== 3) {
    return [
      { path: ["virtualIp", "vrrpVersion"], what: `${vrrpVersion} is not a version of VRRP`, remedy: "Give 2 or 3." },
    ];
  }
  const path = ["virtualIp", "password"];
  if ((vrrpVersion === 2) === (password !== undefined)) {
    return [];
  }
  return [
    password === undefined
      ? { path, what: "is missing: VRRP version 2 is chosen", remedy: "Give 1 to 8 printable characters." }
      : {
          path,
          what: "is given, but VRRP version 3 has no passwords",
          remedy: "Remove it, or choose vrrpVersion 2.",
        },
  ];
}

/** The password as a secret output, which fails with a ResourceError if Keepalived cannot use it. */
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
