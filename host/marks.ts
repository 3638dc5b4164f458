/** The mark of a host in /var/lib/kube-control: the cluster that it belongs to, and its name and role there. */
export interface Mark {
  /** `FQDN:PORT`. Marks of versions before 0.2 contain only the FQDN. */
  readonly cluster: string;
  /** Empty in marks of versions before 0.2, like the role. */
  readonly node: string;
  readonly role: string;
}

/** Reads a mark's text, whose lines may have been joined by blanks. */
export function parseMark(text: string): Mark {
  const words = text.trim().split(/\s+/);
  const [, legacy] = /^(?:init|join) of (\S+)$/.exec(words.join(" ")) ?? [];
  const after = (key: string) => {
    const at = words.indexOf(key);
    return at < 0 ? "" : (words[at + 1] ?? "");
  };
  return legacy === undefined
    ? { cluster: after("cluster"), node: after("node"), role: after("role") }
    : { cluster: legacy, node: "", role: "" };
}

/** Whether a mark is of this cluster, given as `FQDN:PORT`. */
export function isOfCluster(mark: Mark, cluster: string): boolean {
  return mark.cluster === cluster || mark.cluster === cluster.replace(/:\d+$/, "");
}

/** Whether a surveyed host is a member of this cluster, given as `FQDN:PORT`. */
export function isMember(facts: Readonly<Record<string, string>> | undefined, cluster: string): boolean {
  return hasMark("mark-member", facts, cluster);
}

/** Whether a surveyed host has the files of a backup of this cluster, of which `kubeadm init` makes the cluster again. */
export function isRestored(facts: Readonly<Record<string, string>> | undefined, cluster: string): boolean {
  return !isMember(facts, cluster) && hasMark("mark-restored", facts, cluster);
}

function hasMark(name: string, facts: Readonly<Record<string, string>> | undefined, cluster: string): boolean {
  const mark = facts?.[name];
  return mark !== undefined && isOfCluster(parseMark(mark), cluster);
}
