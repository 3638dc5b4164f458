import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import { sessionOf } from "../../host/session";
import { type Engine, record, type Registered } from "../recorder";

// Records what a component registers if every step on a host succeeds.

interface Outputs {
  readonly id?: string;
  readonly [property: string]: unknown;
}
const outputs = new Map<string, Outputs>();

/** The output of a step on a host, as the plugin returns it. */
const framed = (type: string, text: string) =>
  type === "command:remote:Command" ? `@kube-control begins\n${text}\n\n@kube-control ends 0` : text;

/** Sets what the mock engine returns for a resource in addition to its inputs. */
export function returns(name: string, state: Outputs): void {
  outputs.set(name, state);
}

/** Runs a program; returns its resources by name, in the order of registration. */
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

/** A host with a private key that must never be in plain text. */
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

/** A copy of a host that does not answer in this run. */
export function silent<T extends Host>(host: T): T {
  const copy = { ...host, ssh: { ...host.ssh } };
  sessionOf(copy).markUnreachable("No route to host");
  return copy;
}

/** The message of the ResourceError that refuses an argument. The error must hide its stack trace. */
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
