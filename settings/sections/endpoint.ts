import { z } from "zod";
import { defaults as controlPlane } from "../../components/control-plane/defaults";
import { defaults } from "../../components/dns-record/defaults";
import * as field from "../fields";

export const cloudflare = z
  .strictObject({
    zoneId: field
      .text(
        // an earlier example stack had only zeros as placeholder
        (value) => /^[0-9a-f]{32}$/.test(value) && !/^0+$/.test(value),
        "is not a Cloudflare zone id",
        "Set it to the 32 hexadecimal digits from the zone's overview page in Cloudflare's dashboard, in quotes.",
      )
      .meta({
        description: "The zone's id: 32 hexadecimal digits, on the zone's overview page. Write it in quotes.",
        source: "https://developers.cloudflare.com/fundamentals/account/find-account-and-zone-ids/",
      }),
    baseUrl: field.url("https://api.cloudflare.com/client/v4").optional().meta({
      description: "Base URL of the API.",
      unset: "Cloudflare's own",
    }),
  })
  .meta({ description: "Cloudflare serves the zone. Excludes `rfc2136`." });

export const rfc2136 = z
  .strictObject({
    server: field.address().meta({ description: "IPv4 address of the name server that takes the updates." }),
    port: field.port(defaults.rfc2136.port).default(defaults.rfc2136.port).meta({
      description: "Port of that name server.",
    }),
    zone: field.domainName("kacangisnuts.com").meta({ description: "The zone that has the name." }),
    keyName: field
      .text(
        (value) => /^[A-Za-z0-9]([A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/.test(value),
        "is not a legal key name",
        "Set it to the name of the TSIG key as the name server knows it, without a dot at the end.",
      )
      .meta({
        description: "Name of the TSIG key. Its secret is `tsigSecret`.",
        source: "https://www.rfc-editor.org/rfc/rfc8945",
      }),
    keyAlgorithm: z
      .enum(["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"])
      .default(defaults.rfc2136.keyAlgorithm)
      .meta({ description: "Algorithm of the TSIG key." }),
  })
  .meta({
    description: "A name server that takes dynamic updates serves the zone. Excludes `cloudflare`.",
    source: "https://www.rfc-editor.org/rfc/rfc2136",
  });

export const endpoint = z
  .strictObject({
    fqdn: field.domainName("kube-control.kacangisnuts.com").meta({
      description: "The control plane's fully qualified name. It cannot be changed once there is a cluster.",
      source: "https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/high-availability/",
    }),
    port: field.port(controlPlane.port).default(controlPlane.port).meta({
      description: "TCP port of the API servers and of the load balancers.",
    }),
    ttl: field
      .wholeNumber(
        1,
        86400,
        `Set it to a number of seconds; with ${defaults.ttl}, every resolver has the virtual IP a minute after the swap.`,
      )
      .default(defaults.ttl)
      .meta({
        description: "How long resolvers may keep the record. Cloudflare takes 30 or more, or 1 for its own choice.",
        unit: "s",
      }),
    provider: z.enum(["cloudflare", "rfc2136"]).optional().meta({
      description: "Who serves the zone.",
      unset: "the one that has a section",
    }),
    cloudflare: cloudflare.optional(),
    rfc2136: rfc2136.optional(),
    nameServers: z
      .array(field.address())
      .default([])
      .meta({
        description:
          "IPv4 addresses of authoritative name servers that must answer with a new address before a change is done. " +
          "kube-control also queries each host's resolver.",
      }),
  })
  .meta({ description: "The control plane's name, and who serves its DNS zone." });
