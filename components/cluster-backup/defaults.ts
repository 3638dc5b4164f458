/** Defaults of a backup's arguments. */
export const defaults = {
  /** Archives of each master that stay on it, and copies that stay on the other host. */
  keep: 14,
  intervalHours: 6,
  /** Region of a bucket with S3's API. Servers other than AWS's often accept this one. */
  region: "us-east-1",
} as const;

/** The intervals that divide a day, so that a timer has the same times each day. */
export const intervals = [1, 2, 3, 4, 6, 8, 12, 24] as const;

/** Folder of the archives on a master, and of the copies on the other host. */
const archives = "/var/lib/kube-control/backups";

/** Folder on the host of the copies with a link to the newest copy of each master. */
export const newestCopies = `${archives}/latest`;

/** Folder on the host of the copies with an empty file, whose time is that of the newest archive in the bucket. */
export const newestUpload = `${archives}/uploaded`;

/** Age in hours from which the newest archive of a cluster is too old: two intervals, and an hour for a slow run. */
export const oldestHours = (intervalHours: number) => 2 * intervalHours + 1;
