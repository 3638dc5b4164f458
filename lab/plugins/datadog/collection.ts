import type { JsonApi } from "../protocol/json-api";
import { failed, unlessGone } from "../protocol/refusal";
import type { ResourceType } from "../protocol/resource";
import { isRecord, type Properties, type Value } from "../protocol/value";

/** A collection of Datadog's API. Its members are resources of one type. */
interface Collection extends Pick<ResourceType<JsonApi>, "inputs" | "check" | "isSame"> {
  /** The name of a member in errors. */
  readonly what: string;
  readonly path: string;
  readonly changedBy: "PUT" | "PATCH";
  /** Statuses of the response for a missing member. Default: 404. */
  readonly gone?: readonly number[];
  /** The body of the request that creates or changes a member. */
  readonly body: (given: Properties, purpose: "create" | "change") => object;
  /** The SDK's properties for a response, or for the `data` in it. */
  readonly shown: (answer: Properties, given: Properties) => Record<string, Value | undefined>;
}

/** The members as resources. As in the official plugin: POST creates, GET reads, `changedBy` updates, DELETE deletes. */
export function membersOf({ what, path, changedBy, gone, body, shown, ...type }: Collection) {
  const pathOf = (id: string) => `${path}/${encodeURIComponent(id)}`;
  const dataOf = (answer: Properties) => (isRecord(answer["data"]) ? answer["data"] : answer);
  const shownOf = (answer: Properties, given: Properties) => shown(dataOf(answer), given) as Properties;
  const members: ResourceType<JsonApi> = {
    ...type,
    async create(given, { configuration: client, signal }) {
      const made = await client
        .send("POST", path, signal, body(given, "create"))
        .catch(failed(`error creating ${what}`));
      return { id: `${dataOf(made)["id"] as string | number}`, outputs: shownOf(made, given) };
    },
    async read(id, _state, given, { configuration: client, signal }) {
      const found = await client.send("GET", pathOf(id), signal).catch(unlessGone(`error reading ${what}`, gone));
      if (found === undefined) {
        return undefined;
      }
      const outputs = shownOf(found, given);
      const inputs = Object.entries(outputs).filter(([name]) => name in type.inputs);
      return { outputs, inputs: Object.fromEntries(inputs) };
    },
    async update(id, _state, given, { configuration: client, signal }) {
      const changing = client.send(changedBy, pathOf(id), signal, body(given, "change"));
      return shownOf(await changing.catch(failed(`error updating ${what}`)), given);
    },
    async delete(id, _state, { configuration: client, signal }) {
      await client.send("DELETE", pathOf(id), signal).catch(unlessGone(`error deleting ${what}`, gone));
    },
  };
  return members;
}
