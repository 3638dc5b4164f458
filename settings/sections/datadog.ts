import { z } from "zod";
import { defaults } from "../../components/datadog-agent/defaults";
import * as field from "../fields";

const proxyManual = "https://docs.datadoghq.com/agent/configuration/proxy/";

const proxy = z
  .strictObject({
    http: field.url("http://192.168.2.3:3128").optional().meta({
      description: "URL of the proxy for http. Datadog's own addresses are all https.",
      source: proxyManual,
    }),
    https: field.url("http://192.168.2.3:3128").optional().meta({
      description: "URL of the proxy for https.",
      source: proxyManual,
    }),
    noProxy: z
      .array(
        field.text(
          (value) => /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/.test(value),
          "is not a host",
          "Set it to a complete name or an address, e.g. 192.168.2.10 or proxy.local:8080; the agent supports no wildcards.",
        ),
      )
      .default([])
      .meta({
        description: "Hosts that are reached without it, as the agent's addresses name them. No wildcards.",
        source: proxyManual,
      }),
  })
  .refine(({ http, https }) => http !== undefined || https !== undefined, {
    message: "names no proxy",
    params: { remedy: "Set http, https or both to the proxy's URL, or remove the section." },
  })
  .meta({ description: "The proxy between the monitor and Datadog." });

/**
 * The site parameters that Datadog publishes.
 *
 * @see https://docs.datadoghq.com/getting_started/site/
 */
const sites: readonly string[] = [
  defaults.site,
  "us3.datadoghq.com",
  "us5.datadoghq.com",
  "datadoghq.eu",
  "ap1.datadoghq.com",
  "ap2.datadoghq.com",
  "uk1.datadoghq.com",
  "ddog-gov.com",
  "us2.ddog-gov.com",
];

export const datadog = z
  .strictObject({
    site: field
      .text(
        (value) => sites.includes(value),
        "is not a Datadog site",
        `Set it to the site parameter of the organisation's site, one of ${sites.join(", ")}.`,
      )
      .default(defaults.site)
      .meta({
        description: "The organisation's Datadog site.",
        enum: sites,
        source: "https://docs.datadoghq.com/getting_started/site/",
      }),
    apiUrl: field.url("https://api.datadoghq.com").optional().meta({
      description: "Base URL of the API.",
      unset: "the site's",
    }),
    logsUrl: field.url("https://http-intake.logs.datadoghq.com").optional().meta({
      description: "URL of the logs intake.",
      unset: "the site's",
    }),
    explorerUrl: field.url("https://app.datadoghq.com").optional().meta({
      description: "Base URL of links to the Log Explorer.",
      unset: "the site's",
    }),
    notify: z
      .array(
        field.text(
          (value) => /^@[^\s@{}\p{Cc}][^\s{}\p{Cc}]{0,199}$/u.test(value),
          "is not a notification handle",
          "Write it as in Datadog's messages, with @ as the first character: @anna@example.com, @slack-ops, @pagerduty-home.",
        ),
      )
      .default([])
      .meta({
        description:
          "Handles that the monitors notify: `@anna@example.com`, `@slack-ops`. Datadog shows their state anyway.",
        source: "https://docs.datadoghq.com/monitors/notify/",
      }),
    pipelines: z
      .array(field.filePath("pipelines/door.yaml"))
      .default([])
      .meta({
        description:
          "Files with additional pipelines and their tests, in the format of `npm run grok -- test`: paths from the project's " +
          "folder, or from home with `~/`. Each pipeline's resources are named after its file.",
      }),
    agentImage: field
      .text(
        (value) => /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/.test(value),
        "is not an image's name",
        `Set it to repository and tag, e.g. ${defaults.agentImage}.`,
      )
      .default(defaults.agentImage)
      .meta({ description: "The agent's image.", source: "https://hub.docker.com/r/datadog/agent" }),
    registryMirrors: z.array(field.url("http://192.168.2.10:5000")).default([]).meta({
      description: "Mirrors of Docker Hub for the monitor's Docker. With none, its settings stay as they are.",
      source: "https://docs.docker.com/docker-hub/image-library/mirror/",
    }),
    tags: z.array(field.tag()).default([]).meta({
      description: "Tags of everything that the agent sends.",
      source: "https://docs.datadoghq.com/getting_started/tagging/",
    }),
    proxy: proxy.optional(),
    agentMemory: field
      .wholeNumber(256, 1048576, "Set it to a number of MiB: 512 is enough for an agent that collects logs.")
      .optional()
      .meta({
        description: "Memory limit of the agent's container.",
        unit: "MiB",
        unset: "no limit",
        source: "https://docs.docker.com/engine/containers/resource_constraints/",
      }),
  })
  .prefault({})
  .meta({ description: "The Datadog organisation, and the agent on the monitor." });
