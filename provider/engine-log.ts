import { credentials } from "@grpc/grpc-js";
import * as engine from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/engine_pb";

/** Prints a warning beside a resource, in what `pulumi up` and `pulumi destroy` show at their end. */
export type Warn = (urn: string, text: string) => Promise<void>;

/** Warnings go to the engine, at the address that it gives a plugin as its last argument. */
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
