import { z } from "zod";
import { defaults, intervals } from "../../components/cluster-backup/defaults";
import { recipientRemedy, s3Fields, whyNoRecipient } from "../../components/cluster-backup/refusals";
import * as field from "../fields";

function ofBucket(name: keyof typeof s3Fields) {
  const { pattern, what, remedy } = s3Fields[name];
  return field.text((value) => pattern.test(value), what, remedy);
}

const s3 = z
  .strictObject({
    endpoint: ofBucket("endpoint").meta({
      description: "https URL of the S3 API, without the bucket.",
      source: "https://docs.aws.amazon.com/general/latest/gr/s3.html",
      example: "https://s3.eu-central-1.amazonaws.com",
    }),
    bucket: ofBucket("bucket").meta({ description: "Name of the bucket, which exists.", example: "cluster-backups" }),
    region: ofBucket("region").default(defaults.region).meta({
      description: "Region that signatures name.",
    }),
    prefix: ofBucket("prefix").optional().meta({
      description:
        "Beginning of the objects' keys, without a slash at its end. Stacks that share a bucket need different ones.",
      example: "clusters/prod",
    }),
    accessKeyId: ofBucket("accessKeyId").meta({
      description:
        "Id of an access key with the permissions `s3:PutObject` and `s3:GetObject`. Its secret is `s3SecretAccessKey`.",
      source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
      example: "AKIAIOSFODNN7EXAMPLE",
    }),
  })
  .meta({
    description: "A bucket with S3's API, to which the host of the copies uploads them. Objects are never deleted.",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html",
  });

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
    s3: s3.optional(),
  })
  .prefault({})
  .meta({ description: "Backups of etcd and of the cluster's keys." });
