import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import { near } from "../../grok/nearest";
import { argumentsChecked } from "../../host/argument";
import { UserError } from "../../host/error";
import { placed, type PipelineOrder } from "./placement";

/** A pipeline in Datadog's list. */
export interface Listed {
  readonly id: string;
  readonly name: string;
}

/** Most names of pipelines that an error lists. */
const MOST_NAMES = 20;

/**
 * Puts a pipeline in its place among the organisation's. The present order is asked for at each run, so that it holds
 * whatever was added meanwhile, and only once the pipeline has an id.
 */
export function pipelineOrder(
  name: string,
  pipeline: datadog.LogsCustomPipeline,
  { order, where }: { readonly order: PipelineOrder; readonly where: string },
  parent: pulumi.ComponentResource,
): datadog.LogsPipelineOrder {
  const asked = { parent, dependsOn: pipeline };
  const { pipelineIds } = datadog.getLogsPipelinesOrderOutput(asked);
  // Names are asked for where one is needed only.
  const listed = typeof order === "string" ? [] : datadog.getLogsPipelinesOutput({}, asked).logsPipelines;
  const pipelines = pulumi
    .all([pipeline.id, pipelineIds, listed])
    .apply(([own, ids, all]) =>
      argumentsChecked(parent, () => placed(ids, own, byId(order, own, ids, all, `${where}, order`))),
    );
  return new datadog.LogsPipelineOrder(name, { name, pipelines }, { parent });
}

/** The order with the other pipeline's id in the place of its name. Throws a {@link UserError} where there is none, or two. */
export function byId(
  order: PipelineOrder,
  own: string,
  ids: readonly string[],
  listed: readonly Listed[],
  where: string,
): PipelineOrder {
  if (typeof order === "string") return order;
  const named = "before" in order ? order.before : order.after;
  const others = listed.filter(({ id }) => id !== own && ids.includes(id));
  const found = others.filter(({ id }) => id === named);
  const fitting = found.length > 0 ? found : others.filter(({ name }) => name === named);
  const [other] = fitting;
  if (other === undefined)
    throw new UserError(`Datadog has no other pipeline "${named}"`, where, suggestion(named, others));
  if (fitting.length > 1) {
    const same = fitting.map(({ id }) => id).join(", ");
    throw new UserError(`${fitting.length} pipelines are called "${named}"`, where, `give the id of one: ${same}`);
  }
  return "before" in order ? { before: other.id } : { after: other.id };
}

function suggestion(named: string, others: readonly Listed[]): string {
  const names = [...new Set(others.map(({ name }) => name))];
  const alike = near(named, names).slice(0, 3);
  if (alike.length > 0) return `did you mean ${alike.map((name) => `"${name}"`).join(" or ")}?`;
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return names.length === 0
    ? "there is no other one: take the order out"
    : `give an id or the exact name of one: ${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}
