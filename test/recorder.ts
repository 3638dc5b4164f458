import * as pulumi from "@pulumi/pulumi";
import type { Alias } from "@pulumi/pulumi/proto/alias_pb";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";
import * as state from "@pulumi/pulumi/runtime/state";

// Records what a program registers with Pulumi's mock engine. The lab's growth benchmark uses it outside of Jest.

/** What a resource's URN consists of. */
export interface Identity {
  readonly name: string;
  readonly type: string;
  /** Empty if the parent is the stack. */
  readonly parentUrn: string;
}

/** A resource as the program registered it. */
export interface Registered extends Identity {
  /** False for a component. */
  readonly custom: boolean;
  /** Name of the parent; empty if the parent is the stack. */
  readonly parent: string;
  /** Its inputs as the state stores them. For secrets see {@link isSecret}. */
  // the types of inputs depend on the provider
  readonly inputs: any;
  readonly provider: string;
  /** Names of the resources that it depends on. */
  readonly dependencies: readonly string[];
  readonly ignoreChanges: readonly string[];
  /** Outputs that the engine must treat as secret. */
  readonly secretOutputs: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly deletedWith: string;
  /** Its identities in earlier versions. */
  readonly aliases: readonly Identity[];
  readonly importId: string;
  /** Hooks that the engine calls before it creates the resource. */
  readonly beforeCreate: readonly pulumi.ResourceHookFunction[];
}

export interface Engine {
  /** The id and the state that a provider returns for a resource. */
  readonly newResource: pulumi.runtime.Mocks["newResource"];
  /** The result of a provider's function. Default: no function may be called. */
  readonly answers?: (token: string) => Record<string, unknown> | undefined;
  /** Resources whose registration is never answered. Default: none. */
  readonly withheld?: (name: string) => boolean;
  /** Whether this is a preview. Default: false. */
  readonly preview?: boolean;
}

export interface Recording<T> {
  /** In the order of registration. */
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

/** Keeps hooks in a map. The mocks do not support hooks, and the SDK would start a server for them. */
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

/** The identity of an alias: parts that it omits are those of the resource. */
function aliasOf(request: RegisterResourceRequest, alias: Alias): Identity {
  const spec = alias.getSpec();
  return {
    name: spec?.getName() || request.getName(),
    type: spec?.getType() || request.getType(),
    parentUrn: spec?.getParenturn() || request.getParent(),
  };
}

function registered(request: RegisterResourceRequest, hooks: Hooks): Registered {
  return {
    name: request.getName(),
    type: request.getType(),
    custom: request.getCustom(),
    parent: nameOf(request.getParent()),
    parentUrn: request.getParent(),
    inputs: request.getObject()?.toJavaScript() ?? {},
    // the reference is URN::ID
    provider: nameOf(request.getProvider().replace(/::[^:]*$/, "")),
    dependencies: request.getDependenciesList().map(nameOf),
    ignoreChanges: request.getIgnorechangesList(),
    secretOutputs: request.getAdditionalsecretoutputsList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    deletedWith: nameOf(request.getDeletedwith()),
    aliases: request.getAliasesList().map((alias) => aliasOf(request, alias)),
    importId: request.getImportid(),
    beforeCreate: (request.getHooks()?.getBeforeCreateList() ?? []).flatMap((name) => hooks.get(name) ?? []),
  };
}

/** Runs a program against a new mock engine until it registers no more resources. */
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

  // the mocks record only inputs; the request also has order and options
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

  // Pulumi formats a stack trace for every promise, and Jest maps each of its 100 frames to a source: most of a run's time
  const frames = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  try {
    const result = await program();
    // between an answer and its next request a program runs only microtasks, which end before the next immediate
    for (let seen = -1; open > 0 || seen !== resources.length;) {
      seen = resources.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { resources, answeredAt, result };
  } finally {
    Error.stackTraceLimit = frames;
  }
}

/** Whether an input is a secret. Its property `value` is the plain value. */
export function isSecret(value: unknown): value is { readonly value: any } {
  return (value as Record<string, unknown> | null | undefined)?.[specialSigKey] === specialSecretSig;
}

/** The plain value of a secret; undefined for other values. */
export function hidden(value: unknown): any {
  return isSecret(value) ? value.value : undefined;
}

/** A plain value, secret or not. */
export function revealed(value: unknown): any {
  return isSecret(value) ? value.value : value;
}

/** A value with `[secret]` in place of each secret. Everything else in it is plain text. */
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
