import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import { DatadogLogPipeline } from "kube-control";

const config = new pulumi.Config();
const provider = new datadog.Provider("datadog", {
  apiKey: config.requireSecret("datadogApiKey"),
  appKey: config.requireSecret("datadogAppKey"),
  apiUrl: config.get("apiUrl") ?? "https://api.datadoghq.com",
  validate: "false",
});

// The samples are read at preview, by the same rules as in Datadog: a rule that does not read them is an error.
const pipeline = new DatadogLogPipeline(
  "front-door",
  {
    name: "Front door",
    filter: "service:door",
    parser: {
      name: "Door parser",
      matchRules: "opened %{word:user} opened the %{word:door} after %{integer:seconds} s",
    },
    samples: [
      { line: "anna opened the garage after 3 s", attributes: { user: "anna", door: "garage", seconds: 3 } },
      { line: "bert opened the cellar after 12 s", attributes: { user: "bert" } },
    ],
    remap: { "usr.name": ["user"] },
    facets: ["user", "door"],
    metrics: [{ key: "openings", name: "door.openings", query: "@door:*", groupBy: { door: "@door" } }],
    monitors: [
      {
        key: "silent",
        name: "No door was opened",
        minutes: 1440,
        when: { fewerThan: 1 },
        message: "Nobody opened a door for a day. Does the controller still send its log?",
      },
    ],
  },
  { provider },
);

export const { pipelineId, facets, monitors } = pipeline;
