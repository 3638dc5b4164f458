import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../host/error";
import { argumentName, type NameOf, type Refusal } from "../../host/refusal";
import { defaults } from "./defaults";
import { whyUnfitPassword } from "./keepalived";

/** The arguments that are checked. One that is left out is not checked. */
export interface CheckedArgs {
  readonly nodes?: readonly { readonly priority?: number }[];
  readonly backends?: readonly unknown[];
  readonly virtualIp?: { readonly vrrpVersion?: 2 | 3; readonly password?: unknown };
}

/** What is wrong with a pair's arguments, but for the password's text ({@link checkedPassword}). */
export function refusals({ nodes, backends, virtualIp }: CheckedArgs, nameOf: NameOf = argumentName): Refusal[] {
  const all = nodes === undefined ? [] : priorityClashes(nodes, nameOf);
  if (nodes !== undefined && nodes.length < 2) {
    all.push({
      path: ["nodes"],
      what: "has fewer than two load balancers",
      remedy: "List two or more, so that one may fail.",
    });
  }
  if (backends?.length === 0) {
    all.push({ path: ["backends"], what: "has no API server", remedy: "List the masters: name and address." });
  }
  const why = virtualIp === undefined ? undefined : passwordMistake(virtualIp);
  return why === undefined ? all : [...all, { path: ["virtualIp", "password"], ...why }];
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
            what: `is the VRRP priority of ${nameOf(["nodes", first])} already, so both could hold the virtual IP`,
            remedy: "Give each load balancer a priority of its own, the highest to the one that is preferred.",
          },
        ];
  });
}

function passwordMistake({
  vrrpVersion = defaults.vrrpVersion,
  password,
}: NonNullable<CheckedArgs["virtualIp"]>): Omit<Refusal, "path"> | undefined {
  if ((vrrpVersion === 2) === (password !== undefined)) {
    return undefined;
  }
  return password === undefined
    ? { what: "is missing: VRRP version 2 is chosen", remedy: "Give 1 to 8 printable characters." }
    : { what: "is given, but VRRP version 3 has no passwords", remedy: "Take it out, or choose vrrpVersion 2." };
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
