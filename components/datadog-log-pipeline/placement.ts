import { UserError } from "../../host/error";

/** Where a pipeline stands among an organisation's: at an end, or somewhere before or after another one. */
export type PipelineOrder = "first" | "last" | { readonly before: string } | { readonly after: string };

/** An end of the list. */
// a constant beside the type, as Pulumi's analyzer takes a list of values
export const PipelineEnd = { first: "first", last: "last" } as const;
export type PipelineEnd = (typeof PipelineEnd)[keyof typeof PipelineEnd];

/** A {@link PipelineOrder} as an argument; exactly one of the three is given. */
export interface PipelineOrderArgs {
  /** `first` or `last`. */
  readonly end?: PipelineEnd;
  /** Another pipeline's id or exact name. */
  readonly before?: string;
  /** Another pipeline's id or exact name. */
  readonly after?: string;
}

export function orderArgs(order: PipelineOrder | undefined): PipelineOrderArgs | undefined {
  return typeof order === "string" ? { end: order } : order;
}

/** @throws UserError unless exactly one of the three is given */
export function orderOf(args: PipelineOrderArgs, where: string): PipelineOrder {
  const { end, before, after } = args;
  const [order, ...others] = [
    ...(end === undefined ? [] : [end]),
    ...(before === undefined ? [] : [{ before }]),
    ...(after === undefined ? [] : [{ after }]),
  ];
  if (order !== undefined && others.length === 0) return order;
  throw new UserError(
    `has ${others.length + (order === undefined ? 0 : 1)} of end, before and after`,
    where,
    "Give exactly one of them.",
  );
}

/**
 * The pipelines' ids with one of them in its place and the others in the order they have. Where it stands in a fitting
 * place already, nothing is moved; where it is not among them yet, it is put there. Another pipeline is named by its id.
 */
export function placed(ids: readonly string[], own: string, order: PipelineOrder): string[] {
  const others = ids.filter((id) => id !== own);
  const present = ids.indexOf(own);
  const [least, most, best] = range(others, order);
  const index = present >= least && present <= most ? present : best;
  return [...others.slice(0, index), own, ...others.slice(index)];
}

/** The places that fit, counted among the others, and the one to take where another has to be left. */
function range(others: readonly string[], order: PipelineOrder): [least: number, most: number, best: number] {
  if (order === "first") return [0, 0, 0];
  if (order === "last") return [others.length, others.length, others.length];
  if ("before" in order) {
    const other = others.indexOf(order.before);
    return [0, other, other];
  }
  const behind = others.indexOf(order.after) + 1;
  return [behind, others.length, behind];
}
