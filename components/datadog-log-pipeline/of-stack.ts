/** The stack that something in Datadog belongs to. Several stacks can share one organisation. */
export interface OfStack {
  /** Name of the stack. It is part of the names of its pipelines, metrics, monitors and dashboards. */
  readonly stack: string;
  /** Name of the control plane, which is unique to the stack. It is the value of {@link stackTag}. */
  readonly fqdn: string;
}

const key = "kube_control";

/** The tag of the stack's logs. Searches and descriptions that belong to the stack contain it. */
export function stackTag({ fqdn }: OfStack): string {
  return `${key}:${fqdn}`;
}

/** Whether a search or a description contains the stack's tag. */
export function isMarked(of: OfStack, text: string): boolean {
  return contains(stackTag(of), text);
}

/** Whether a search or a description contains a tag. */
export function contains(tag: string, text: string): boolean {
  return text.split(/[\s()"\\{},]+/).includes(tag);
}

/**
 * A search for the logs of a stack, and for logs without the tag of a stack: an agent that was configured by an earlier version
 * does not add the tag.
 */
export function linesOf(of: OfStack): string {
  return `(${stackTag(of)} OR -${key}:*)`;
}

/** A name followed by the stack's name: `QNAP NAS (prod)`. */
export function namedFor(of: OfStack | undefined, name: string): string {
  return of === undefined ? name : `${name} (${of.stack})`;
}
