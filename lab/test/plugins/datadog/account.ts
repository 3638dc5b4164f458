// Each test file of the Datadog plugin needs the plugin, the stand-in for the API and a recording API.

import { type Properties } from "../../../plugins/protocol/value";
import { startDatadog, type DatadogServers } from "../../../services/datadog/main";
import { call, type Reply } from "../../call";
import { hidden, Plugin } from "../engine";
import { startRecordingApi, type RecordingApi } from "../recording-api";
import { scratchFolder } from "../../scratch";
import { datadogConfig } from "../../services/datadog/config";

const config = datadogConfig(scratchFolder());
const { apiKey, appKey } = config;
/** The headers with both keys. */
export const keys = { "dd-api-key": apiKey, "dd-application-key": appKey };

/** The Datadog plugin, the stand-in for Datadog's API, and an API that records its calls. They run during a file's tests. */
export class DatadogAccount {
  private servers!: DatadogServers;
  plugin!: Plugin;
  recording!: RecordingApi;

  constructor() {
    // The plugin is bundled first, which takes long on a busy machine.
    jest.setTimeout(60_000);
    beforeAll(() => this.start());
    afterAll(() => this.stop());
  }

  /** The URL of the stand-in. */
  get url(): string {
    return `http://127.0.0.1:${this.servers.api.port}`;
  }

  /** The configuration of a provider that calls an API at this URL. */
  configuration(url: string): Properties {
    return { apiKey: hidden(apiKey), appKey: hidden(appKey), apiUrl: url, validate: "false" };
  }

  connect(url: string, more: Properties = {}): Promise<boolean> {
    return this.plugin.configure({ ...this.configuration(url), ...more });
  }

  /** The inputs that the plugin's check returns. It must report no failure. */
  async checked(type: string, given: Properties): Promise<Properties> {
    const { inputs, failures } = await this.plugin.check(type, given);
    expect(failures).toEqual({});
    return inputs;
  }

  /** Calls the stand-in without the plugin. */
  api(method: string, path: string, body?: unknown): Promise<Reply> {
    return call(`${this.url}${path}`, method, { headers: keys, body });
  }

  /** The recorded calls without their headers. */
  sent() {
    return this.recording.calls.map(({ method, path, body }) => ({ method, path, body }));
  }

  private async start(): Promise<void> {
    this.servers = await startDatadog(config);
    this.recording = await startRecordingApi();
    this.plugin = await Plugin.start("datadog");
  }

  private async stop(): Promise<void> {
    await this.plugin.stop();
    await this.recording.close();
    await this.servers.api.close();
    await this.servers.intake.close();
  }
}
