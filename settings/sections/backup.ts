import { z } from "zod";
import { defaults, intervals } from "../../components/cluster-backup/defaults";
import { recipientRemedy, whyNoRecipient } from "../../components/cluster-backup/refusals";
import * as field from "../fields";

export const backup = z
  .strictObject({
    recipients: z.array(field.explained(whyNoRecipient, recipientRemedy)).default([]).meta({
      description:
        "Public keys of age (`age1…`): the owner of any of their identities can decrypt the archives. Without a key, no backup is made.",
      source: "https://age-encryption.org",
    }),
    keep: field
      .wholeNumber(2, 200, `Set it to a number of archives, e.g. ${defaults.keep}.`)
      .default(defaults.keep)
      .meta({ description: "Archives of each master that stay on it, and on the host of the copies." }),
    intervalHours: z
      .union(intervals.map((hours) => z.literal(hours)))
      .default(defaults.intervalHours)
      .meta({
        description: "Time between two archives of a master. The masters take turns.",
        unit: "h",
        source: "https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html",
      }),
    copyTo: field.hostName().optional().meta({
      description: "Name of the host of the stack that gets a copy of each archive. Not a master.",
      unset: "the monitor",
      example: "monitor",
    }),
  })
  .prefault({})
  .meta({ description: "Backups of etcd and of the cluster's keys." });
