export type { ClusterBackupArgs, S3BucketArgs } from "./args";
export { ClusterBackup } from "./cluster-backup";
export { newestCopies, newestUpload } from "./defaults";
