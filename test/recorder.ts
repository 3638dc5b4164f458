import * as pulumi from "@pulumi/pulumi";
import type { Alias } from "@pulumi/pulumi/proto/alias_pb";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";
import * as state from "@pulumi/pulumi/runtime/state";

// Pulumi's mock engine, and a record of what it is asked to register. The lab's growth benchmark uses it outside of Jest.

/** A resource as the engine was asked to register it. */
export interface Registered {
  readonly name: string;
  readonly type: string;
  /** False for a component. */
  readonly custom: boolean;
  /** Name of the resource that it is a child of; empty for the stack's own. */
  readonly parent: string;
  readonly parentUrn: string;
  /** Its inputs as they would go into the state; for what is secret, see {@link isSecret}. */
  // inputs of resources of several providers
  readonly inputs: any;
  readonly provider: string;
  /** Names of the resources that it depends on. */
  readonly dependencies: readonly string[];
  readonly ignoreChanges: readonly string[];
  /** Its outputs that the engine is to keep secret. */
  readonly secretOutputs: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly deletedWith: string;
  /** Its former names, or the URNs of its former parents. */
  readonly aliases: readonly string[];
  readonly importId: string;
  /** What the engine is to call before it creates the resource. */
  readonly beforeCreate: readonly pulumi.ResourceHookFunction[];
}

export interface Engine {
  /** What a provider makes of a resource. */
  readonly newResource: pulumi.runtime.Mocks["newResource"];
  /** What a provider's function answers. Default: none may be called. */
  readonly answers?: (token: string) => Record<string, unknown> | undefined;
  /** Resources whose registration is never answered. Default: none. */
  readonly withheld?: (name: string) => boolean;
  /** Whether it is a dry run. Default: false. */
  readonly preview?: boolean;
}

export interface Recording<T> {
  /** In the order in which they were registered. */
  readonly resources: readonly Registered[];
  /** When the last registration was answered, by `performance.now()`. */
  readonly answeredAt: number;
  /** What the program returned. */
  readonly result: T;
}

type Callback = (error: unknown, response: unknown) => void;
interface Monitor {
  registerResource(request: RegisterResourceRequest, callback: Callback): unknown;
}

const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";

type Hooks = Map<string, pulumi.ResourceHookFunction>;

/** The mocks have no place for hooks: the SDK would start a server for them. */
function keepHooks(): Hooks {
  const hooks: Hooks = new Map();
  const callbacks = {
    awaitStackRegistrations: () => Promise.resolve(),
    shutdown: () => undefined,
    registerResourceHook({ name, callback }: pulumi.ResourceHook) {
      hooks.set(name, callback);
      return Promise.resolve();
    },
  };
  Object.assign((state as unknown as { getStore(): object }).getStore(), { callbacks });
  return hooks;
}

/** What an alias differs in. */
function aliasOf(alias: Alias): string {
  const spec = alias.getSpec();
  return spec?.getName() || spec?.getParenturn() || "";
}

function registered(request: RegisterResourceRequest, hooks: Hooks): Registered {
  return {
    name: request.getName(),
    type: request.getType(),
    custom: request.getCustom(),
    parent: nameOf(request.getParent()),
    parentUrn: request.getParent(),
    inputs: request.getObject()?.toJavaScript() ?? {},
    // its URN and its id
    provider: nameOf(request.getProvider().replace(/::[^:]*$/, "")),
    dependencies: request.getDependenciesList().map(nameOf),
    ignoreChanges: request.getIgnorechangesList(),
    secretOutputs: request.getAdditionalsecretoutputsList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    deletedWith: nameOf(request.getDeletedwith()),
    aliases: request.getAliasesList().map(aliasOf),
    importId: request.getImportid(),
    beforeCreate: (request.getHooks()?.getBeforeCreateList() ?? []).flatMap((name) => hooks.get(name) ?? []),
  };
}

/** Runs a program against a mock engine of its own, until nothing more is registered. */
export async function record<T>(
  { newResource, answers, withheld, preview = false }: Engine,
  program: () => T,
): Promise<Recording<Awaited<T>>> {
  const resources: Registered[] = [];
  let [open, answeredAt] = [0, 0];
  const call = ({ token }: pulumi.runtime.MockCallArgs) =>
    answers?.(token) ?? Promise.reject(new Error(`the program calls ${token}, which would ask somebody`));
  void pulumi.runtime.setMocks({ call, newResource }, "kube-control", "test", preview, "organization");

  const hooks = keepHooks();

  // the mocks' own record tells inputs only; the request behind it tells order and options as well
  const monitor = getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    resources.push(registered(request, hooks));
    if (withheld?.(request.getName())) return;
    open += 1;
    register(request, (error, response) => {
      open -= 1;
      answeredAt = performance.now();
      callback(error, response);
    });
  };

  // Pulumi renders a stack for every promise, and Jest maps each of its 100 frames to a source: most of a run's time
  const frames = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  try {
    const result = await program();
    // what a program does between an answer and its next request are microtasks, which end before an immediate begins
    for (let seen = -1; open > 0 || seen !== resources.length;) {
      seen = resources.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { resources, answeredAt, result };
  } finally {
    Error.stackTraceLimit = frames;
  }
}

/** Whether a value among the inputs is secret; what is below `value` is its plain text. */
export function isSecret(value: unknown): value is { readonly value: any } {
  return (value as Record<string, unknown> | null | undefined)?.[specialSigKey] === specialSecretSig;
}

/** A secret's plain value; undefined of what is no secret. */
export function hidden(value: unknown): any {
  return isSecret(value) ? value.value : undefined;
}

/** A plain value, secret or not. */
export function revealed(value: unknown): any {
  return isSecret(value) ? value.value : value;
}

/** A value of the wire in which each secret is replaced, so that what is left in it is plain text. */
export function withoutSecrets(value: any): any {
  if (isSecret(value)) {
    return "[secret]";
  }
  if (Array.isArray(value)) {
    return value.map(withoutSecrets);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}
