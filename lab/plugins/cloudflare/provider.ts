import Cloudflare from "cloudflare";
import type { Provider } from "../protocol/resource";
import { text } from "../protocol/schema";
import { dnsRecord } from "./dns-record";

/** Stands in for the official plugin of @pulumi/cloudflare, for the resource types that kube-control uses. */
export const cloudflareProvider: Provider<Cloudflare> = {
  name: "cloudflare",
  version: "6.22.1",
  configuration: {
    apiToken: { ...text, secret: true, environment: ["CLOUDFLARE_API_TOKEN"] },
    apiKey: { ...text, secret: true, environment: ["CLOUDFLARE_API_KEY"] },
    email: { ...text, environment: ["CLOUDFLARE_EMAIL"] },
    baseUrl: { ...text, environment: ["CLOUDFLARE_BASE_URL"] },
    apiUserServiceKey: { ...text, secret: true, unsupported: "only API tokens and keys are" },
    userAgentOperatorSuffix: text,
  },
  resources: { "cloudflare:index/dnsRecord:DnsRecord": dnsRecord },
  configure: ({ apiToken, apiKey, email, baseUrl }) => {
    // checked to be texts by then
    const given = (value: unknown) => (typeof value === "string" ? value : null);
    const baseURL = given(baseUrl);
    return Promise.resolve(
      new Cloudflare({
        apiToken: given(apiToken),
        apiKey: given(apiKey),
        apiEmail: given(email),
        ...(baseURL === null ? {} : { baseURL }),
      }),
    );
  },
};
