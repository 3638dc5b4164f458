export type { ClusterBackupArgs } from "./args";
export { ClusterBackup } from "./cluster-backup";
export { newestCopies } from "./defaults";
