import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import { near } from "../../grok/nearest";
import { argumentsChecked } from "../../host/argument";
import { UserError } from "../../host/error";
import { placed, type PipelineOrder } from "./placement";

/** A pipeline in Datadog. */
export interface Listed {
  readonly id: string;
  readonly name: string;
}

/** Most names of pipelines that an error lists. */
const MOST_NAMES = 20;

/**
 * Sets the position of a pipeline among those of the organisation. Each run reads the present order, which includes pipelines
 * that were added since, but only after the pipeline has an id.
 */
export function pipelineOrder(
  name: string,
  pipeline: datadog.LogsCustomPipeline,
  { order, where }: { readonly order: PipelineOrder; readonly where: string },
  parent: pulumi.ComponentResource,
): datadog.LogsPipelineOrder {
  const options = { parent, dependsOn: pipeline };
  const { pipelineIds } = datadog.getLogsPipelinesOrderOutput(options);
  // The names are only needed to find another pipeline.
  const listed = typeof order === "string" ? [] : datadog.getLogsPipelinesOutput({}, options).logsPipelines;
  const pipelines = pulumi
    .all([pipeline.id, pipelineIds, listed])
    .apply(([own, ids, all]) =>
      argumentsChecked(parent, () => placed(ids, own, byId(order, own, ids, all, `${where}, order`))),
    );
  return new datadog.LogsPipelineOrder(name, { name, pipelines }, { parent });
}

/**
 * The order with the id of the other pipeline instead of its name.
 *
 * @throws UserError if no pipeline has this id or name, or if several have this name
 */
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
  const matching = found.length > 0 ? found : others.filter(({ name }) => name === named);
  const [other] = matching;
  if (other === undefined)
    throw new UserError(`there is no other pipeline "${named}" in Datadog`, where, suggestion(named, others));
  if (matching.length > 1) {
    const same = matching.map(({ id }) => id).join(", ");
    throw new UserError(`${matching.length} pipelines have the name "${named}"`, where, `use the id of one: ${same}`);
  }
  return "before" in order ? { before: other.id } : { after: other.id };
}

function suggestion(named: string, others: readonly Listed[]): string {
  const names = [...new Set(others.map(({ name }) => name))];
  const alike = near(named, names).slice(0, 3);
  if (alike.length > 0) return `did you mean ${alike.map((name) => `"${name}"`).join(" or ")}?`;
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return names.length === 0
    ? "there are no other pipelines: remove the order"
    : `use the id or the exact name of one: ${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}
