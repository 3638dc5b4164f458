import { z } from "zod";
import { defaults } from "../../components/datadog-log-pipeline/defaults";
import * as field from "../fields";

const usual = { port: 15141, source: "qnap" };

const word = (example: string) =>
  field.text(
    (value) => /^[a-z][a-z0-9_.-]{0,99}$/.test(value),
    "is not a legal name in Datadog",
    `Set it to lower-case letters, digits and _ - . with a letter first, e.g. ${example}.`,
  );

const another = z.string().min(1);
const place = z.union([
  z.enum(["first", "last"]),
  z.strictObject({ before: another }),
  z.strictObject({ after: another }),
]);

export const nas = z
  .strictObject({
    address: field.address().optional().meta({
      description: "The NAS's IPv4 address. Lines from other addresses are dropped.",
      unset: "any address, and a preview warns of it",
    }),
    port: field.port(usual.port).default(usual.port).meta({
      description: "UDP port on the monitor that the NAS sends its log to.",
    }),
    service: word(defaults.service).default(defaults.service).meta({
      description: "Datadog's `service` of these logs.",
      source: "https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/",
    }),
    source: word(usual.source).default(usual.source).meta({ description: "Datadog's `source` of these logs." }),
    tags: z
      .array(field.tag())
      .default(["cloud_provider:vsphere", "availability_zone:sgp1", "env:prod", "vendor:qnap"])
      .meta({ description: "Tags of these logs." }),
    timezone: field.timeZone().default(defaults.timezone).meta({
      description: "Zone of the NAS's clock, as an IANA name: its lines contain no zone.",
      source: "https://www.iana.org/time-zones",
    }),
    failedLogins: field
      .wholeNumber(1, 10000, `Set it to a number that a forgetful user stays below, e.g. ${defaults.failedLogins}.`)
      .default(defaults.failedLogins)
      .meta({ description: "Failed logins from one address within five minutes that raise an alert." }),
    silentMinutes: field
      .wholeNumber(
        1,
        2880,
        "Set it to a number of minutes that is longer than the NAS's own quiet times: 60 is an hour, 2880 two days.",
      )
      .default(defaults.silentMinutes)
      .meta({ description: "Time without a line that raises an alert.", unit: "min" }),
    pipelineOrder: field
      .oneOfShapes(
        place,
        "is not a place among pipelines",
        "Set it to first, last, { before: X } or { after: X }, where X is another pipeline's id or its exact name.",
      )
      .optional()
      .meta({
        description:
          "Place of the NAS's pipeline among the organisation's: `first`, `last`, `{ before: X }` or `{ after: X }`, where X is " +
          "another pipeline's id or exact name.",
        unset: "the order stays unchanged",
        source: "https://docs.datadoghq.com/api/latest/logs-pipelines/",
      }),
  })
  .prefault({})
  .meta({ description: "The NAS's log, and what raises an alert." });
