import { stringify } from "yaml";

/** A port at which the agent takes log lines, and what it calls the logs that arrive there. */
export interface LogListener {
  /** The integration's name, as `agent status` heads it and as its folder in conf.d is called: letters, digits, `_`, `-`. */
  readonly name: string;
  readonly type: "udp" | "tcp";
  /** Port on the host and in the container, 1–65535. */
  readonly port: number;
  /** Datadog's `service` of these logs. */
  readonly service: string;
  /** Datadog's `source` of these logs. */
  readonly source: string;
  /** More tags, `key:value` each. Default: none. */
  readonly tags?: readonly string[];
}

/** Path of a listener's file within conf.d. */
export function confPath(listener: LogListener): string {
  return `${listener.name}.d/conf.yaml`;
}

/** Renders conf.d/<name>.d/conf.yaml. `logs:` is a list: the agent does not read the mapping that some guides show. */
export function renderConf({ type, port, service, source, tags = [] }: LogListener): string {
  const entry = { type, port, service, source, ...(tags.length > 0 ? { tags: [...tags] } : {}) };
  return `# Written by kube-control.\n${stringify({ logs: [entry] }, { lineWidth: 0 })}`;
}
