// The cost of a `pulumi up` that does nothing: the stack's providers without resources.
import * as cloudflare from "@pulumi/cloudflare";
import * as command from "@pulumi/command";
import * as datadog from "@pulumi/datadog";
import * as docker from "@pulumi/docker";

const nowhere = "http://127.0.0.1:9";

new command.Provider("command");
new cloudflare.Provider("cloudflare", { apiToken: "0".repeat(40), baseUrl: nowhere });
new datadog.Provider("datadog", { apiKey: "0".repeat(32), appKey: "0".repeat(40), apiUrl: nowhere, validate: "false" });
new docker.Provider("docker", { host: "ssh://nobody@127.0.0.1:9", disableDockerDaemonCheck: true });
