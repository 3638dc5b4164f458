import Cloudflare from "cloudflare";
import { required, text } from "../protocol/schema";
import { serve } from "../protocol/serve";
import { dnsRecord } from "./dns-record";

// Stands in for the official plugin of @pulumi/cloudflare, for the resource types that kube-control uses.
serve<Cloudflare>({
  name: "cloudflare",
  configuration: { apiToken: required(text), baseUrl: text },
  resources: { "cloudflare:index/dnsRecord:DnsRecord": dnsRecord },
  configure: ({ apiToken, baseUrl }) =>
    new Cloudflare({
      apiToken: apiToken as string,
      // Not those that the environment may hold for something else.
      apiKey: null,
      apiEmail: null,
      userServiceKey: null,
      ...(baseUrl === undefined ? {} : { baseURL: baseUrl as string }),
    }),
});
