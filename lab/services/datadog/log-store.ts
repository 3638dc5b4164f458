import type { RecentLines } from "../recent-lines";

/** A log as it is kept after its pipelines ran. */
export interface StoredLog {
  readonly id: string;
  readonly message: string;
  /** Epoch, milliseconds. */
  readonly timestamp: number;
  readonly status: string;
  readonly service?: string;
  readonly host?: string;
  readonly source?: string;
  readonly tags: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The logs that the search knows. */
export type LogStore = RecentLines<StoredLog>;
