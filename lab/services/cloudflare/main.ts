import { readConfig } from "../config";
import { serve, type Server } from "../http";
import { cloudflareApi } from "./api";
import { type NameServerConfig, nsupdatePublisher, type Publish } from "./name-server";
import type { Zone } from "./record";
import { RecordStore } from "./store";

export interface CloudflareConfig {
  /** TCP port of the API. Its paths begin with /client/v4. */
  readonly port: number;
  /** The only valid API token. */
  readonly token: string;
  readonly zones: readonly Zone[];
  /** Records are published there before a call is answered. */
  readonly nameServer: NameServerConfig;
  readonly stateFile: string;
  readonly journalFile: string;
}

/** Starts the stand-in for Cloudflare's API. A test may pass another `publish`. */
export async function startCloudflare(
  config: CloudflareConfig,
  publish: Publish = nsupdatePublisher(config.nameServer),
): Promise<Server & { readonly store: RecordStore }> {
  const store = new RecordStore(config.stateFile, config.zones, publish);
  const answer = cloudflareApi({ token: config.token, zones: config.zones, store });
  const server = await serve({ port: config.port, journalFile: config.journalFile, answer });
  return { ...server, store };
}

/** Publishes the stored records after a start: the name server may be new. Retries, because it may still be starting. */
async function publishKept(store: RecordStore): Promise<void> {
  for (let pause = 500; ; pause = Math.min(pause * 2, 10_000)) {
    try {
      await store.publishAll();
      return;
    } catch (error) {
      process.stderr.write(`publishing the stored records: ${(error as Error).message}\n`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

if (require.main === module) {
  process.once("SIGTERM", () => process.exit(0)); // runs the "exit" handler, which removes the key file
  void startCloudflare(readConfig("cloudflare") as CloudflareConfig).then(({ port, store }) => {
    process.stdout.write(`Cloudflare's API listens on port ${port}\n`);
    return publishKept(store);
  });
}
