import { JsonApi } from "../protocol/json-api";
import { required, text } from "../protocol/schema";
import { serve } from "../protocol/serve";
import { dnsRecord } from "./dns-record";

// A stand-in for the official plugin of @pulumi/cloudflare, with the resource types that kube-control uses.
serve<JsonApi>({
  name: "cloudflare",
  configuration: { apiToken: required(text), baseUrl: { ...text, fallback: "https://api.cloudflare.com/client/v4" } },
  resources: { "cloudflare:index/dnsRecord:DnsRecord": dnsRecord },
  configure: ({ apiToken, baseUrl }) =>
    new JsonApi((baseUrl as string).replace(/\/$/, ""), { authorization: `Bearer ${apiToken as string}` }, 2),
});
