import type { S3BucketArgs } from "./args";

/** A bucket without its secret. */
export type NamedBucket = Omit<S3BucketArgs, "secretAccessKey">;

/** What a text must look like, what is wrong otherwise, and what to do. */
interface Field {
  readonly pattern: RegExp;
  readonly what: string;
  readonly remedy: string;
}

/**
 * The texts of a bucket. All characters are those that a URL, a signature, a unit of systemd and curl's configuration contain
 * unchanged.
 */
export const s3Fields: Readonly<Record<keyof NamedBucket, Field>> = {
  endpoint: {
    pattern: /^https:\/\/[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/?$/,
    what: "is not an https URL of host, port and path",
    remedy:
      "Set it to the URL of the S3 API, e.g. https://s3.eu-central-1.amazonaws.com or https://s3.example.com:9000.",
  },
  bucket: {
    pattern: /^[a-z0-9]([a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/,
    what: "is not the name of a bucket",
    remedy:
      "Set it to the bucket's name: 3 to 63 lower-case letters, digits, inner hyphens and dots, e.g. cluster-backups.",
  },
  region: {
    pattern: /^[A-Za-z0-9-]{1,64}$/,
    what: "is not the name of a region",
    remedy: "Set it to the region that the S3 API expects in signatures, e.g. eu-central-1; some servers expect auto.",
  },
  prefix: {
    pattern: /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
    what: "is not a prefix of keys",
    remedy:
      "Set it to letters, digits, . _ - and inner slashes; no part may begin with a dot. Without a slash at the end, e.g. clusters/prod.",
  },
  accessKeyId: {
    pattern: /^[A-Za-z0-9._@+=-]{3,128}$/,
    what: "is not the id of an access key",
    remedy: "Set it to the id of the access key, e.g. AKIAIOSFODNN7EXAMPLE.",
  },
};

/** The URL to which an archive's name is appended. */
export function bucketUrl({ endpoint, bucket, prefix }: NamedBucket): string {
  return [endpoint.replace(/\/$/, ""), bucket, ...(prefix === undefined ? [] : [prefix]), ""].join("/");
}
