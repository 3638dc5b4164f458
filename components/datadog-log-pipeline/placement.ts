import { UserError } from "../../host/error";

/** Position of a pipeline in the order of an organisation: first, last, or somewhere before or after another one. */
export type PipelineOrder = "first" | "last" | { readonly before: string } | { readonly after: string };

/** An end of the order. */
// A constant and a type with the same name, because Pulumi's component analyzer does not accept a union of literals.
export const PipelineEnd = { first: "first", last: "last" } as const;
export type PipelineEnd = (typeof PipelineEnd)[keyof typeof PipelineEnd];

/** A {@link PipelineOrder} as an argument: exactly one of the three. */
export interface PipelineOrderArgs {
  /** First or last. */
  readonly end?: PipelineEnd;
  /** Id or exact name of another pipeline. */
  readonly before?: string;
  /** Id or exact name of another pipeline. */
  readonly after?: string;
}

export function orderArgs(order: PipelineOrder | undefined): PipelineOrderArgs | undefined {
  return typeof order === "string" ? { end: order } : order;
}

/** @throws UserError unless `args` has exactly one of the three */
export function orderOf(args: PipelineOrderArgs, where: string): PipelineOrder {
  const { end, before, after } = args;
  const given: PipelineOrder[] = [
    ...(end === undefined ? [] : [end]),
    ...(before === undefined ? [] : [{ before }]),
    ...(after === undefined ? [] : [{ after }]),
  ];
  const [order] = given;
  if (order !== undefined && given.length === 1) return order;
  throw new UserError(`it has ${given.length} of end, before and after`, where, "use exactly one of them");
}

/**
 * The order of the pipelines with one of them moved to its position, or added. The others keep their order. If its present
 * position is allowed, nothing is moved.
 */
export function placed(ids: readonly string[], own: string, order: PipelineOrder): string[] {
  const others = ids.filter((id) => id !== own);
  const present = ids.indexOf(own);
  const [least, most, best] = range(others, order);
  const index = present >= least && present <= most ? present : best;
  return [...others.slice(0, index), own, ...others.slice(index)];
}

/** The allowed positions among the others, and the one to move to from a position that is not allowed. */
function range(others: readonly string[], order: PipelineOrder): [least: number, most: number, best: number] {
  if (order === "first") return [0, 0, 0];
  if (order === "last") return [others.length, others.length, others.length];
  if ("before" in order) {
    const other = others.indexOf(order.before);
    return [0, other, other];
  }
  const next = others.indexOf(order.after) + 1;
  return [next, others.length, next];
}
