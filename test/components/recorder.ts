import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { deserializeProperties } from "@pulumi/pulumi/runtime/rpc";

/** A resource as the engine was asked to register it. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  /** Name of the resource that it is a child of; empty for the stack's own. */
  readonly parent: string;
  // inputs of resources of several providers
  readonly inputs: any;
  readonly provider: string;
  readonly dependencies: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly importId: string;
}

const recorded: Recorded[] = [];
const outputs = new Map<string, { readonly id?: string; readonly [property: string]: unknown }>();
const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";

// called with the monitor it belongs to
// eslint-disable-next-line @typescript-eslint/unbound-method
const register = MockMonitor.prototype.registerResource;
// the mocks' own record tells inputs only; the request behind it tells order and options as well
MockMonitor.prototype.registerResource = function (request, callback) {
  recorded.push({
    type: request.getType(),
    name: request.getName(),
    parent: nameOf(request.getParent()),
    inputs: deserializeProperties(request.getObject()),
    provider: nameOf(request.getProvider().replace(/::[^:]*$/, "")),
    dependencies: request.getDependenciesList().map(nameOf),
    ignoreChanges: request.getIgnorechangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    importId: request.getImportid(),
  });
  return register.call(this, request, callback);
};

/** What a step on a host printed, as the plugin hands it over. */
const framed = (type: string, text: string) =>
  type === "command:remote:Command" ? `@kube-control begins\n${text}\n\n@kube-control ends 0` : text;

/** Sets Pulumi's mock engine; to be called before a component is loaded. */
export function mockEngine(): void {
  void pulumi.runtime.setMocks(
    {
      newResource: ({ name, type, inputs }) =>
        type.startsWith("kube-control:")
          ? { id: undefined, state: inputs }
          : {
              id: outputs.get(name)?.id ?? `${name}-id`,
              state: { ...inputs, stdout: framed(type, `${name} said`), ...outputs.get(name) },
            },
      call: ({ token }) => Promise.reject(new Error(`${token} is called, which would ask somebody`)),
    },
    "kube-control",
    "test",
  );
}

/** What the mock engine returns for a resource besides its inputs. */
export function returns(name: string, state: { readonly id?: string; readonly [property: string]: unknown }): void {
  outputs.set(name, state);
}

/** Runs a program until every resource is registered; they come in the order of their registration. */
export async function registered(program: () => void): Promise<Map<string, Recorded>> {
  recorded.length = 0;
  program();
  // resources made in an apply come later than the first calls; two looks in a row that see nothing new end it
  for (let seen = -1; seen !== recorded.length;) {
    seen = recorded.length;
    await pulumi.runtime.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return new Map(recorded.map((resource) => [resource.name, resource]));
}

const mark = "4dabf18193072939515e22adb298388d";

export const isSecret = (value: unknown): value is { readonly value: unknown } =>
  typeof value === "object" && value !== null && mark in value;

/** A deserialized secret's plain value; what is no secret comes back undefined. */
export function hidden(value: unknown): any {
  return isSecret(value) ? value.value : undefined;
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
      knownHostsFile: "/keys/known_hosts",
    },
  };
}
