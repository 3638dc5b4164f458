import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { Provider } from "./resource";
import { providerService } from "./service";

/** State of a stack can be large; the engine's own limit. */
const options = { "grpc.max_receive_message_length": 400 * 1024 * 1024 };

/**
 * Serves a provider to the engine whose address is the process's first argument: prints the port it listens on, as the
 * protocol asks, and runs until the engine ends it.
 */
export function serve<Configuration>(provider: Provider<Configuration>): void {
  const server = new grpc.Server(options);
  const service = providerService(provider, engineLog(process.argv[2]));
  // What the service leaves out is answered as not implemented.
  server.addService(ResourceProviderService, service);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) {
      throw error;
    }
    process.stdout.write(`${port}\n`);
  });
  endWithParent();
}

/** Lines go to the engine's status line for the resource, where there is an engine to show them. */
function engineLog(address: string | undefined): (urn: string, line: string) => void {
  if (address === undefined) {
    return () => undefined;
  }
  const engine = new EngineClient(address, grpc.credentials.createInsecure(), options);
  return (urn, line) => {
    const request = new LogRequest().setSeverity(LogSeverity.INFO).setMessage(line).setUrn(urn).setEphemeral(true);
    engine.log(request, () => undefined);
  };
}

/** An engine that was killed cannot end its plugins: notice that the parent process has gone. */
function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) {
      process.exit(1);
    }
  }, 2000).unref();
}
