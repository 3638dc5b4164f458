import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import { sessionOf } from "../../host/session";
import { type Engine, record, type Registered } from "../recorder";

// What a component registers, where every step on a host succeeds.

interface Outputs {
  readonly id?: string;
  readonly [property: string]: unknown;
}
const outputs = new Map<string, Outputs>();

/** What a step on a host printed, as the plugin hands it over. */
const framed = (type: string, text: string) =>
  type === "command:remote:Command" ? `@kube-control begins\n${text}\n\n@kube-control ends 0` : text;

/** What the mock engine returns for a resource besides its inputs. */
export function returns(name: string, state: Outputs): void {
  outputs.set(name, state);
}

/** Runs a program until every resource is registered; they come in the order of their registration. */
export async function registered(program: () => void): Promise<Map<string, Registered>> {
  const newResource: Engine["newResource"] = ({ name, type, inputs }) =>
    type.startsWith("kube-control:")
      ? { id: undefined, state: inputs }
      : {
          id: outputs.get(name)?.id ?? `${name}-id`,
          state: { ...inputs, stdout: framed(type, `${name} said`), ...outputs.get(name) },
        };
  const { resources } = await record({ newResource }, program);
  const byName = new Map<string, Registered>();
  for (const resource of resources) {
    // a later component that has the name of an earlier one is left out
    if (!byName.has(resource.name)) byName.set(resource.name, resource);
  }
  return byName;
}

/** A host at an address, with a key that must not show. */
export function hostAt(name: string, address: string) {
  return {
    name,
    address,
    ssh: {
      user: "ops",
      port: 22,
      privateKey: pulumi.secret("CANARY PRIVATE KEY"),
      privateKeyFile: "/keys/id_ed25519",
      hostKey: "ssh-ed25519 AAAA",
    },
  };
}

/** The same host, not answering in this run. */
export function silent<T extends Host>(host: T): T {
  const copy = { ...host, ssh: { ...host.ssh } };
  sessionOf(copy).markUnreachable("No route to host");
  return copy;
}

/** What a program is refused with, whose arguments have a mistake: the message of a ResourceError without a stack trace. */
export async function refusal(program: () => void): Promise<string> {
  let message = "it is not refused";
  await registered(() => {
    try {
      program();
    } catch (error) {
      if (!pulumi.ResourceError.isInstance(error) || error.hideStack !== true) throw error;
      ({ message } = error);
    }
  });
  return message;
}
