import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Configuration, goodStack } from "../settings/stack";
import type { Identity } from "../recorder";
import { type Run, runProgram } from "./program";

// The files list the types and names that the program registered before EndpointReady and VirtualIpRelease were components.

afterEach(() => jest.restoreAllMocks());

const former = (file: string) => readFileSync(join(__dirname, file), "utf8").trim().split("\n");

/** The type of the resource at a URN, `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
const typeAt = (urn: string) => (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";

/** The resources as `PARENT$TYPE::NAME`, with their present identities and with those of their aliases. */
function identities({ resources }: Run): Set<string> {
  const text = ({ type, name, parentUrn }: Identity) =>
    `${typeAt(parentUrn).startsWith("kube-control:") ? `${typeAt(parentUrn)}$` : ""}${type}::${name}`;
  return new Set(resources.flatMap((one) => [one, ...one.aliases].map(text)));
}

function withNameServer(): Configuration {
  const stack = goodStack();
  delete stack["cloudflareApiToken"];
  stack["endpoint"] = {
    fqdn: "kube-control.kacangisnuts.com",
    nameServers: ["192.168.2.53"],
    rfc2136: { server: "192.168.2.53", zone: "kacangisnuts.com", keyName: "kube-control" },
  };
  stack["nas"].pipelineOrder = "first";
  stack["datadog"].pipelines = ["docs/front-door.yaml"];
  return { ...stack, tsigSecret: "c2VjcmV0" };
}

test.each([
  ["former-cloudflare.txt", goodStack],
  ["former-rfc2136.txt", withNameServer],
])("every resource of %s is still registered, by its name or by an alias", async (file, stack) => {
  const answers = (token: string) => (token.endsWith(":getLogsPipelinesOrder") ? { pipelineIds: ["a"] } : undefined);
  const run = await runProgram(stack(), { answers });
  expect(run.errors).toEqual([]);
  const now = identities(run);
  expect(former(file).filter((one) => !now.has(one))).toEqual([]);
});
