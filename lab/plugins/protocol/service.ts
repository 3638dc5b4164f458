import * as grpc from "@grpc/grpc-js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import type { Change } from "./diff";
import type { Lifecycle } from "./lifecycle";
import { InitFailed } from "./resource";
import type { Checked, Failure } from "./schema";
import type { Properties } from "./value";

/** The provider protocol's service over a {@link Lifecycle}: messages in, messages out, and no decisions. */
export function providerService<Configuration>(lifecycle: Lifecycle<Configuration>): IResourceProviderServer {
  const { provider } = lifecycle;
  return {
    handshake: answer(() => {
      const response = new rpc.ProviderHandshakeResponse();
      return response.setAcceptSecrets(true);
    }),
    configure: answer(async (request: rpc.ConfigureRequest) => {
      await lifecycle.configure(fromStruct(request.getArgs()));
      const response = new rpc.ConfigureResponse();
      return response.setAcceptsecrets(true).setSupportspreview(true);
    }),
    checkConfig: answer((request: rpc.CheckRequest) => {
      const sent = fromStruct(request.getNews());
      const { failures } = lifecycle.checkConfiguration(sent);
      return checkResponse({ inputs: sent, failures });
    }),
    diffConfig: answer((request: rpc.DiffRequest) => {
      const [before, after] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const response = new rpc.DiffResponse();
      const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;
      return response.setChanges(JSON.stringify(before) === JSON.stringify(after) ? DIFF_NONE : DIFF_SOME);
    }),
    check: answer((request: rpc.CheckRequest) =>
      checkResponse(lifecycle.check(tokenOf(request.getUrn()), fromStruct(request.getNews()))),
    ),
    diff: answer((request: rpc.DiffRequest) => {
      const [state, inputs] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      return diffResponse(lifecycle.diff(tokenOf(request.getUrn()), state, inputs, request.getIgnorechangesList()));
    }),
    create: answer(async (request: rpc.CreateRequest) => {
      const [urn, inputs] = [request.getUrn(), fromStruct(request.getProperties())];
      const { id, outputs } = await lifecycle.create(tokenOf(urn), urn, inputs, request.getPreview());
      const response = new rpc.CreateResponse();
      return response.setId(id).setProperties(toStruct(outputs));
    }),
    read: answer(async (request: rpc.ReadRequest) => {
      const [id, urn] = [request.getId(), request.getUrn()];
      const [state, inputs] = [fromStruct(request.getProperties()), fromStruct(request.getInputs())];
      const found = await lifecycle.read(tokenOf(urn), id, urn, state, inputs);
      const response = new rpc.ReadResponse();
      return found === undefined
        ? response
        : response
            .setId(found.id ?? id)
            .setProperties(toStruct(found.outputs))
            .setInputs(toStruct(found.inputs));
    }),
    update: answer(async (request: rpc.UpdateRequest) => {
      const [id, urn] = [request.getId(), request.getUrn()];
      const [state, inputs] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const outputs = await lifecycle.update(tokenOf(urn), id, urn, state, inputs, request.getPreview());
      const response = new rpc.UpdateResponse();
      return response.setProperties(toStruct(outputs));
    }),
    delete: answer(async (request: rpc.DeleteRequest) => {
      const urn = request.getUrn();
      await lifecycle.delete(tokenOf(urn), request.getId(), urn, fromStruct(request.getProperties()));
      return new Empty();
    }),
    cancel: answer(() => {
      lifecycle.cancel();
      return new Empty();
    }),
    getPluginInfo: answer(() => {
      const info = new plugin.PluginInfo();
      return info.setVersion(provider.version);
    }),
    getSchema: answer(() => {
      const response = new rpc.GetSchemaResponse();
      return response.setSchema(JSON.stringify({ name: provider.name, version: provider.version }));
    }),
    getMapping: answer(() => new rpc.GetMappingResponse()),
    getMappings: answer(() => new rpc.GetMappingsResponse()),
    attach: answer(() => new Empty()),
    invoke: answer(async (request: rpc.InvokeRequest) => {
      const { outputs, failures } = await lifecycle.invoke(request.getTok(), fromStruct(request.getArgs()));
      const response = new rpc.InvokeResponse();
      return response.setReturn(toStruct(outputs)).setFailuresList(checkFailures(failures));
    }),
    call: unsupported(provider.name, "methods"),
    construct: unsupported(provider.name, "components"),
    parameterize: unsupported(provider.name, "parameters"),
    list: (call) => call.destroy(new Error("not supported")),
  };
}

/** A unary call's handler: an error that is thrown becomes the call's error, its message unchanged. */
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

function unsupported(name: string, what: string) {
  return answer(() => {
    const details = `this stand-in for the ${name} provider has no ${what}`;
    throw Object.assign(new Error(details), { code: grpc.status.UNIMPLEMENTED });
  });
}

function callError(error: unknown): grpc.ServerErrorResponse {
  const message = error instanceof Error ? error.message : String(error);
  const code =
    (error as { code?: unknown }).code === grpc.status.UNIMPLEMENTED ? grpc.status.UNIMPLEMENTED : grpc.status.UNKNOWN;
  const metadata = new grpc.Metadata();
  if (error instanceof InitFailed) {
    const failed = new rpc.ErrorResourceInitFailed();
    failed.setId(error.id);
    failed.setProperties(toStruct(error.outputs));
    failed.setReasonsList([...error.reasons]);
    const detail = new Any();
    detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new Status();
    status.setCode(code);
    status.setMessage(message);
    status.addDetails(detail);
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return { name: "ProviderError", message, details: message, code, metadata };
}

/** The type's token in a URN such as `urn:pulumi:dev::project::parent$command:remote:Command::name`. */
function tokenOf(urn: string): string {
  const qualified = urn.split("::")[2] ?? "";
  return qualified.slice(qualified.lastIndexOf("$") + 1);
}

function checkResponse(checked: Checked): rpc.CheckResponse {
  const response = new rpc.CheckResponse();
  return response.setInputs(toStruct(checked.inputs)).setFailuresList(checkFailures(checked.failures));
}

function checkFailures(failures: readonly Failure[]): rpc.CheckFailure[] {
  return failures.map(({ property, reason }) => {
    const failure = new rpc.CheckFailure();
    failure.setProperty(property);
    return failure.setReason(reason);
  });
}

function diffResponse(difference: ReturnType<Lifecycle<unknown>["diff"]>): rpc.DiffResponse {
  const response = new rpc.DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;
  response.setChanges(difference.changes.size === 0 ? DIFF_NONE : DIFF_SOME);
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(difference.deleteBeforeReplace);
  for (const [path, change] of difference.changes) {
    const detail = new rpc.PropertyDiff();
    response.getDetaileddiffMap().set(path, detail.setKind(kindOf(change)));
    const name = /^[^.[]+/.exec(path)?.[0] ?? path;
    addOnce(response.getDiffsList(), name, (found) => response.addDiffs(found));
    if (change.replaces) {
      addOnce(response.getReplacesList(), name, (found) => response.addReplaces(found));
    }
  }
  return response;
}

function addOnce(known: readonly string[], name: string, add: (name: string) => void): void {
  if (!known.includes(name)) {
    add(name);
  }
}

function kindOf({ kind, replaces }: Change): rpc.PropertyDiff.Kind {
  const { Kind } = rpc.PropertyDiff;
  switch (kind) {
    case "add":
      return replaces ? Kind.ADD_REPLACE : Kind.ADD;
    case "delete":
      return replaces ? Kind.DELETE_REPLACE : Kind.DELETE;
    case "update":
      return replaces ? Kind.UPDATE_REPLACE : Kind.UPDATE;
  }
}

function fromStruct(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

/** What a vendor's client leaves undefined, at whatever depth, is absent. */
function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as Record<string, JavaScriptValue>);
}
