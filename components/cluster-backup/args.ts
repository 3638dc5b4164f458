import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";

/** A bucket that is reached with S3's API. */
export interface S3BucketArgs {
  /** URL of the API: `https://HOST`, with a port and a path if it needs them. An object's URL is `ENDPOINT/BUCKET/KEY`. */
  readonly endpoint: string;
  /** Name of the bucket, which exists. */
  readonly bucket: string;
  /**
   * The region that signatures name.
   *
   * @default `defaults.region`
   */
  readonly region?: string;
  /**
   * Beginning of the objects' keys, without a slash at either end.
   *
   * @default none: an object's key is the archive's name
   */
  readonly prefix?: string;
  /** Id of an access key with the permissions `s3:PutObject` and `s3:GetObject`. */
  readonly accessKeyId: string;
  /** Its secret part. It is stored as a secret. */
  readonly secretAccessKey: pulumi.Input<string>;
}

export interface ClusterBackupArgs {
  /** The masters, one or more. Each of them backs up its own etcd. */
  readonly masters: Host[];
  /** The cluster, `FQDN:PORT`. The archives name it. */
  readonly cluster: pulumi.Input<string>;
  /**
   * Public keys of age (`age1…`), one or more. The owner of any of their identities can decrypt the archives. The identities
   * must not be on a host of the cluster.
   *
   * @see https://age-encryption.org
   */
  readonly recipients: string[];
  /** The host that gets a copy of each archive. It must not be a master. */
  readonly copyTo: Host;
  /**
   * Archives of each master that stay on it, and on {@link copyTo}: a whole number from 2.
   *
   * @default `defaults.keep`
   */
  readonly keep?: number;
  /**
   * Hours between two archives of a master: a number that divides 24. The masters have different times.
   *
   * @default `defaults.intervalHours`
   */
  readonly intervalHours?: number;
  /**
   * The bucket to which {@link copyTo} uploads the copies. No master has its access key.
   *
   * @default none
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
   */
  readonly s3?: S3BucketArgs;
}
