import { stringify } from "yaml";

/**
 * A folder on the agent's host. The agent reports for each file in it the metric `system.disk.directory.file.modified_sec_ago`, and
 * the service check `system.disk.directory.exists`. The folder is mounted read-only in the agent's container.
 */
export interface DirectoryCheck {
  /** Name of the check, unique in its list; Datadog's tag `name`. */
  readonly name: string;
  /** Absolute path on the host. It should have at most 20 files: of more, the agent reports only an average. */
  readonly folder: string;
  /** Further tags, `key:value` each. Datadog adds `name` and `filename`. */
  readonly tags?: string[];
}

/** Path of a folder of the host in the agent's container. */
export const mountedAt = (folder: string) => `/host${folder}`;

/** Seconds between two runs. The times of files change slowly. */
const interval = 60;

/**
 * Renders conf.d/directory.d/conf.yaml. The check reads names and times of the files, but not their content.
 *
 * @see https://github.com/DataDog/integrations-core/blob/master/directory/datadog_checks/directory/data/conf.yaml.example
 */
export function renderDirectory(checks: readonly DirectoryCheck[]): string {
  const instances = checks.map(({ name, folder, tags = [] }) => ({
    directory: mountedAt(folder),
    name,
    // a value for each file; without it, the minimum is not reported
    filegauges: true,
    // a missing folder is a warning of the service check, and not an error of the agent
    ignore_missing: true,
    min_collection_interval: interval,
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
  }));
  return `# Written by kube-control.\n${stringify({ init_config: {}, instances }, { lineWidth: 0 })}`;
}
