import { credentials } from "@grpc/grpc-js";
import * as engine from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/engine_pb";

/** Logs a warning about a resource, which `pulumi up` and `pulumi destroy` print at their end. */
export type Warn = (urn: string, text: string) => Promise<void>;

/** Sends warnings to the engine, whose address is the last argument of a plugin. */
export function warningsTo(address: string | undefined): Warn {
  if (address === undefined) {
    return () => Promise.resolve();
  }
  const client = new engine.EngineClient(address, credentials.createInsecure());
  return (urn, text) =>
    new Promise((done) => {
      const request = new messages.LogRequest();
      request.setSeverity(messages.LogSeverity.WARNING);
      request.setUrn(urn);
      request.setMessage(text);
      client.log(request, () => done());
    });
}
