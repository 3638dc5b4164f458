/** The stack that something in Datadog is of: several may share one organisation. */
export interface OfStack {
  /** Its name, which the names of its pipelines, metrics, monitors and dashboards carry. */
  readonly stack: string;
  /** The name of its control plane, which no other stack has: it marks the stack's lines, and what counts them. */
  readonly fqdn: string;
}

const key = "kube_control";

/** The tag of the stack's lines. */
export function stackTag({ fqdn }: OfStack): string {
  return `${key}:${fqdn}`;
}

/** Is the stack's tag in a search, or in a description? */
export function isMarked(of: OfStack, text: string): boolean {
  return text.split(/[\s()"\\]+/).includes(stackTag(of));
}

/**
 * What narrows a search to the lines of a stack. Lines without a tag of any stack count too: those that an agent sends whose
 * configuration is of an earlier version, and those that it has sent before.
 */
export function linesOf(of: OfStack): string {
  return `(${stackTag(of)} OR -${key}:*)`;
}

/** A name with the stack's behind it: `QNAP NAS (prod)`. */
export function namedFor(of: OfStack | undefined, name: string): string {
  return of === undefined ? name : `${name} (${of.stack})`;
}
