// The tests of all plugins use the provider protocol as the engine does.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { secretMark } from "../../../provider/secrets";
import { bundlePlugin, type PluginName } from "../../plugins/bundle";
import { isRecord, type Properties, type Value } from "../../plugins/protocol/value";

/**
 * A plugin as the engine runs it: its bundle in a separate process, called over the provider protocol. As the engine does for a
 * plugin without support for secrets, it sends their values without wrappers, and marks as secret the outputs of their names.
 */
export class Plugin {
  private constructor(
    private readonly name: PluginName,
    private readonly client: ResourceProviderClient,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(name: PluginName, environment: NodeJS.ProcessEnv = {}): Promise<Plugin> {
    const folder = mkdtempSync(join(tmpdir(), `plugin-${name}-`));
    const bundle = join(folder, "main.cjs");
    await bundlePlugin(name, bundle);
    const child = spawn(process.execPath, [bundle, "127.0.0.1:9"], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.once("data", (line: Buffer) => resolve(Number(line.toString())));
      child.once("exit", (code) => reject(new Error(`the ${name} plugin ended with ${code} before it served`)));
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
    });
    return new Plugin(name, client, async () => {
      client.close();
      child.kill();
      await exited;
      rmSync(folder, { recursive: true });
    });
  }

  stop(): Promise<void> {
    return this.end();
  }

  async checkConfig(configuration: Properties): Promise<Failures> {
    const request = new rpc.CheckRequest().setNews(struct(configuration));
    return failuresOf(await this.call<rpc.CheckResponse>("checkConfig", request));
  }

  /** @returns whether the plugin supports previews; if not, the engine answers with the inputs */
  async configure(configuration: Properties): Promise<boolean> {
    const request = new rpc.ConfigureRequest();
    for (const [key, value] of Object.entries(configuration)) {
      const sent = reveal(value);
      const text = typeof sent === "string" ? sent : JSON.stringify(sent);
      request.getVariablesMap().set(`${this.name}:config:${key}`, text);
    }
    return (await this.call<rpc.ConfigureResponse>("configure", request)).getSupportspreview();
  }

  async check(
    type: string,
    inputs: Properties,
    olds: Properties = {},
  ): Promise<{ inputs: Properties; failures: Failures }> {
    const request = about(new rpc.CheckRequest(), type).setOlds(struct(olds)).setNews(struct(inputs));
    const response = await this.call<rpc.CheckResponse>("check", request);
    return { inputs: properties(response.getInputs(), inputs), failures: failuresOf(response) };
  }

  async diff(type: string, state: Properties, inputs: Properties, ignored: string[] = []): Promise<Diff> {
    const request = about(new rpc.DiffRequest(), type).setOlds(struct(state)).setNews(struct(inputs));
    const response = await this.call<rpc.DiffResponse>("diff", request.setIgnorechangesList(ignored));
    const details: Record<string, string> = {};
    response.getDetaileddiffMap().forEach((detail, path) => {
      details[path] = kindNames.get(detail.getKind()) ?? "";
    });
    return {
      changed: response.getChanges() === rpc.DiffResponse.DiffChanges.DIFF_SOME,
      details,
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
    };
  }

  async create(type: string, inputs: Properties): Promise<{ id: string; state: Properties }> {
    const request = about(new rpc.CreateRequest(), type).setProperties(struct(inputs));
    const response = await this.call<rpc.CreateResponse>("create", request);
    return { id: response.getId(), state: properties(response.getProperties(), inputs) };
  }

  async read(
    type: string,
    id: string,
    state: Properties,
    inputs: Properties = {},
  ): Promise<{ id: string; state: Properties; inputs: Properties }> {
    const request = about(new rpc.ReadRequest(), type).setId(id).setProperties(struct(state));
    const response = await this.call<rpc.ReadResponse>("read", request.setInputs(struct(inputs)));
    return {
      id: response.getId(),
      state: properties(response.getProperties(), state),
      inputs: properties(response.getInputs(), inputs),
    };
  }

  async update(type: string, id: string, state: Properties, inputs: Properties): Promise<Properties> {
    const request = about(new rpc.UpdateRequest(), type).setId(id);
    request.setOlds(struct(state)).setNews(struct(inputs));
    return properties((await this.call<rpc.UpdateResponse>("update", request)).getProperties(), inputs);
  }

  async delete(type: string, id: string, state: Properties): Promise<void> {
    const request = about(new rpc.DeleteRequest(), type).setId(id).setProperties(struct(state));
    await this.call("delete", request);
  }

  async invoke(token: string, inputs: Properties): Promise<{ outputs: Properties; failures: Failures }> {
    const request = new rpc.InvokeRequest().setTok(token).setArgs(struct(inputs));
    const response = await this.call<rpc.InvokeResponse>("invoke", request);
    return { outputs: properties(response.getReturn()), failures: failuresOf(response) };
  }

  async cancel(): Promise<void> {
    await this.call("cancel", new Empty());
  }

  /** Rejects with an Error whose message is that of the call, because users see it. */
  private call<Response>(method: string, request: unknown): Promise<Response> {
    const client = this.client as unknown as Record<
      string,
      (request: unknown, done: (error: grpc.ServiceError | null, response: Response) => void) => void
    >;
    return new Promise((resolve, reject) => {
      client[method]!.call(client, request, (error, response) =>
        error === null ? resolve(response) : reject(new CallFailed(error)),
      );
    });
  }
}

/** A failed call, with the state of a partly created resource. */
export class CallFailed extends Error {
  readonly partial?: { id: string; state: Properties; reasons: string[] };

  constructor(error: grpc.ServiceError) {
    super(error.details);
    const detail = error.metadata.get("grpc-status-details-bin")[0];
    if (detail !== undefined && typeof detail !== "string") {
      const packed = Status.deserializeBinary(detail).getDetailsList()[0]!.getValue_asU8();
      const failed = rpc.ErrorResourceInitFailed.deserializeBinary(packed);
      this.partial = {
        id: failed.getId(),
        state: properties(failed.getProperties()),
        reasons: failed.getReasonsList(),
      };
    }
  }
}

export type Failures = Record<string, string>;

export interface Diff {
  readonly changed: boolean;
  /** Kind of change by path. */
  readonly details: Record<string, string>;
  /** Names of the properties that force a replacement. */
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

const kindNames = new Map(Object.entries(rpc.PropertyDiff.Kind).map(([name, kind]) => [kind, name]));

const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

export const hidden = (value: Value): Value => ({ [secretMark]: secretSignature, value });

export function isSecret(value: Value | undefined): boolean {
  return isRecord(value) && value[secretMark] === secretSignature;
}

/** The value without secret wrappers at any depth. */
export function reveal(value: Value): Value {
  if (Array.isArray(value)) {
    return value.map(reveal);
  }
  if (!isRecord(value)) {
    return value;
  }
  return isSecret(value)
    ? reveal(value["value"] ?? null)
    : Object.fromEntries(Object.entries(value).map(([name, item]) => [name, reveal(item)]));
}

interface Named<Request> {
  setUrn(urn: string): Request;
  setType(type: string): Request;
  setName(name: string): Request;
}

function about<Request extends Named<Request>>(request: Request, type: string): Request {
  return request
    .setUrn(`urn:pulumi:dev::test::kube-control:index:Parent$${type}::thing`)
    .setType(type)
    .setName("thing");
}

function struct(value: Properties): Struct {
  return Struct.fromJavaScript(reveal(value) as Properties);
}

/** The plugin's outputs. A property is secret if the property of that name in `sent` contains a secret. */
function properties(value: Struct | undefined, sent: Properties = {}): Properties {
  const given: Properties = value?.toJavaScript() ?? {};
  const holdsSecret = (name: string) => JSON.stringify(sent[name] ?? null).includes(secretSignature);
  return Object.fromEntries(
    Object.entries(given).map(([name, item]) => [name, holdsSecret(name) ? hidden(item) : item]),
  );
}

function failuresOf(response: rpc.CheckResponse | rpc.InvokeResponse): Failures {
  return Object.fromEntries(response.getFailuresList().map((failure) => [failure.getProperty(), failure.getReason()]));
}
