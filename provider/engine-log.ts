import { credentials } from "@grpc/grpc-js";
import * as engine from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/engine_pb";

/** Logs a text about a resource, which `pulumi preview`, `up` and `destroy` print at their end. */
export type Log = (urn: string, text: string) => Promise<void>;
/** Logs a warning about a resource. */
export type Warn = Log;

/** Sends texts to the engine, whose address is the last argument of a plugin. */
export function logTo(address: string | undefined, severity: messages.LogSeverity): Log {
  if (address === undefined) {
    return () => Promise.resolve();
  }
  const client = new engine.EngineClient(address, credentials.createInsecure());
  return (urn, text) =>
    new Promise((done) => {
      const request = new messages.LogRequest();
      request.setSeverity(severity);
      request.setUrn(urn);
      request.setMessage(text);
      client.log(request, () => done());
    });
}
