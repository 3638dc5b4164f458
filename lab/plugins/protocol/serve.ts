import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { compareInputs, type Changes } from "./diff";
import { InitFailed, type Call, type Found, type Provider, type ResourceType } from "./resource";
import { checkInputs, decodeConfiguration, type Checked } from "./schema";
import type { Properties } from "./value";

/** Defined by the bundler. */
declare const standInVersion: string;

/** The engine's own limit: the state of a stack can be large. */
const options = { "grpc.max_receive_message_length": 400 * 1024 * 1024 };

/**
 * Serves a provider to the engine, whose address is the first argument of the process. Prints the port that it listens on, as
 * the protocol requires, and runs until the engine ends it.
 */
export function serve<Configuration>(provider: Provider<Configuration>): void {
  const server = new grpc.Server(options);
  // gRPC answers UNIMPLEMENTED for the methods that are missing here.
  server.addService(ResourceProviderService, providerService(provider, engineLog(process.argv[2] ?? "")));
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) {
      throw error;
    }
    process.stdout.write(`${port}\n`);
  });
  exitWithParent();
}

/** Sends lines to the engine's status line of a resource. */
function engineLog(address: string): (urn: string, line: string) => void {
  const engine = new EngineClient(address, grpc.credentials.createInsecure(), options);
  return (urn, line) => {
    const request = new LogRequest().setSeverity(LogSeverity.INFO).setMessage(line).setUrn(urn).setEphemeral(true);
    engine.log(request, () => undefined);
  };
}

/** Exits when the parent process has ended: a killed engine cannot end its plugins. */
function exitWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) {
      process.exit(1);
    }
  }, 2000).unref();
}

type Named = rpc.CreateRequest | rpc.ReadRequest | rpc.UpdateRequest | rpc.DeleteRequest;

/**
 * The provider protocol's service. It declares support for neither previews nor secrets. So the engine handles previews itself,
 * with unknown outputs, and calls a resource's create, update and delete in an update only. It sends secret values without
 * wrappers, and marks as secret each output that has the name of a secret input.
 *
 * @param log shows a line beside the resource of a URN
 */
function providerService<Configuration>(
  provider: Provider<Configuration>,
  log: (urn: string, line: string) => void,
): grpc.UntypedServiceImplementation {
  const cancelled = new AbortController();
  // The engine configures a provider before it calls any of its resources.
  let configuration: Configuration;

  function oneOf<T>(types: Readonly<Record<string, T>> | undefined, what: string, token: string): T {
    const type = types?.[token];
    if (type === undefined) {
      throw new Error(`this stand-in for the ${provider.name} provider does not know the ${what} ${token}`);
    }
    return type;
  }

  function typeOf(request: { getType(): string }): ResourceType<Configuration> {
    return oneOf(provider.resources, "resource type", request.getType());
  }

  /** @throws Error after a cancellation */
  function callOf(request: Named): Call<Configuration> {
    const { signal } = cancelled;
    signal.throwIfAborted();
    return { name: request.getName(), configuration, signal, progress: (line) => log(request.getUrn(), line) };
  }

  function checkConfiguration(sent: Properties): Checked {
    const decoded = decodeConfiguration(provider.configuration, sent);
    return checkFully(checkInputs(provider.configuration, decoded), provider.checkConfiguration?.bind(provider));
  }

  return {
    getPluginInfo: answer(() => new PluginInfo().setVersion(standInVersion)),
    checkConfig: answer((request: rpc.CheckRequest) => {
      const inputs = fromStruct(request.getNews());
      return checkResponse({ inputs, failures: checkConfiguration(inputs).failures });
    }),
    configure: answer((request: rpc.ConfigureRequest) => {
      // The keys are `<package>:config:<name>`. The request's arguments hold the same values, but with wrapped secrets.
      const variables = request.getVariablesMap().getEntryList();
      const sent = Object.fromEntries(variables.map(([key, value]) => [key.slice(key.lastIndexOf(":") + 1), value]));
      const { inputs, failures } = checkConfiguration(sent);
      if (failures.length > 0) {
        throw new Error(failures.map(({ reason }) => reason).join("; "));
      }
      configuration = provider.configure(inputs);
      return new rpc.ConfigureResponse();
    }),
    check: answer((request: rpc.CheckRequest) => {
      const type = typeOf(request);
      const checked = checkInputs(type.inputs, fromStruct(request.getNews()), fromStruct(request.getOlds()));
      return checkResponse(checkFully(checked, type.check?.bind(type)));
    }),
    diff: answer((request: rpc.DiffRequest) => {
      const type = typeOf(request);
      const [state, inputs] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const changes: Changes = new Map();
      for (const [path, change] of type.isSame?.(state, inputs) ? [] : compareInputs(type.inputs, state, inputs)) {
        if (!request.getIgnorechangesList().includes(topOf(path))) {
          changes.set(path, { ...change, replaces: change.replaces || type.update === undefined });
        }
      }
      return diffResponse(changes, type.deleteBeforeReplace ?? false);
    }),
    create: answer(async (request: rpc.CreateRequest) => {
      const inputs = fromStruct(request.getProperties());
      const { id, outputs } = await typeOf(request).create(inputs, callOf(request));
      return new rpc.CreateResponse().setId(id).setProperties(toStruct(outputs));
    }),
    read: answer(async (request: rpc.ReadRequest) => {
      const [state, inputs] = [fromStruct(request.getProperties()), fromStruct(request.getInputs())];
      const type = typeOf(request);
      const known: Found = { outputs: state, inputs };
      const found = type.read === undefined ? known : await type.read(request.getId(), state, inputs, callOf(request));
      const response = new rpc.ReadResponse();
      if (found !== undefined) {
        response.setId(found.id ?? request.getId());
        response.setProperties(toStruct(found.outputs)).setInputs(toStruct(found.inputs));
      }
      return response;
    }),
    update: answer(async (request: rpc.UpdateRequest) => {
      const [state, inputs] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const outputs = await typeOf(request).update?.(request.getId(), state, inputs, callOf(request));
      return new rpc.UpdateResponse().setProperties(toStruct(outputs ?? inputs));
    }),
    delete: answer(async (request: rpc.DeleteRequest) => {
      await typeOf(request).delete?.(request.getId(), fromStruct(request.getProperties()), callOf(request));
      return new Empty();
    }),
    invoke: answer(async (request: rpc.InvokeRequest) => {
      const called = oneOf(provider.functions, "function", request.getTok());
      const { inputs, failures } = checkInputs(called.inputs, fromStruct(request.getArgs()));
      const { signal } = cancelled;
      const outputs = failures.length > 0 ? {} : await called.run(inputs, { configuration, signal });
      return new rpc.InvokeResponse().setReturn(toStruct(outputs)).setFailuresList(checkFailures(failures));
    }),
    cancel: answer(() => {
      cancelled.abort(new Error("the update was cancelled"));
      return new Empty();
    }),
  };
}

/** The handler of a unary call. A thrown error becomes the call's error with the same message. */
function answer<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    void (async () => handle(call.request))().then(
      (response) => callback(null, response),
      (error: unknown) => callback(callError(error)),
    );
  };
}

function callError(error: unknown): grpc.ServerErrorResponse {
  const message = error instanceof Error ? error.message : String(error);
  const code = grpc.status.UNKNOWN;
  const metadata = new grpc.Metadata();
  if (error instanceof InitFailed) {
    const failed = new rpc.ErrorResourceInitFailed()
      .setId(error.id)
      .setProperties(toStruct(error.outputs))
      .setReasonsList([...error.reasons]);
    const detail = new Any();
    detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new Status().setCode(code).setMessage(message).setDetailsList([detail]);
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return { name: "ProviderError", message, details: message, code, metadata };
}

/** Adds the failures of a provider's own checks, which run only if the inputs match the schema. */
function checkFully(checked: Checked, check: ((inputs: Properties) => Checked["failures"]) | undefined): Checked {
  return checked.failures.length > 0 ? checked : { ...checked, failures: check?.(checked.inputs) ?? [] };
}

function checkResponse({ inputs, failures }: Checked): rpc.CheckResponse {
  return new rpc.CheckResponse().setInputs(toStruct(inputs)).setFailuresList(checkFailures(failures));
}

function checkFailures(failures: Checked["failures"]): rpc.CheckFailure[] {
  return failures.map(({ property, reason }) => new rpc.CheckFailure().setProperty(property).setReason(reason));
}

function diffResponse(changes: Changes, deleteBeforeReplace: boolean): rpc.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;
  const replacing = [...changes].filter(([, change]) => change.replaces);
  const names = (some: Iterable<[string, unknown]>) => [...new Set([...some].map(([path]) => topOf(path)))];
  const response = new rpc.DiffResponse()
    .setChanges(changes.size === 0 ? DIFF_NONE : DIFF_SOME)
    .setDiffsList(names(changes))
    .setReplacesList(names(replacing))
    .setDeletebeforereplace(replacing.length > 0 && deleteBeforeReplace)
    .setHasdetaileddiff(true);
  for (const [path, { kind, replaces }] of changes) {
    const detail = new rpc.PropertyDiff().setKind(
      rpc.PropertyDiff.Kind[replaces ? (`${kind}_REPLACE` as const) : kind],
    );
    response.getDetaileddiffMap().set(path, detail);
  }
  return response;
}

/** The top-level property of a path. */
const topOf = (path: string) => /^[^.[]+/.exec(path)?.[0] ?? path;

function fromStruct(struct: Struct | undefined): Properties {
  return withoutNulls(struct?.toJavaScript() ?? {});
}

function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(withoutNulls(properties));
}

/** Removes null and undefined properties: both mean that the property is absent. */
function withoutNulls(properties: Properties): Properties {
  return JSON.parse(JSON.stringify(properties, (_name, value: unknown) => value ?? undefined)) as Properties;
}
