import type { Answer, Call, Refusal } from "../http";
import type { Kept } from "./account";
import { bodyOf, refusal } from "./refusal";

/** A collection of the API. Each object has a path below that of the collection. */
export interface Collection<T> {
  readonly path: string;
  /** The method that changes an object. */
  readonly changedBy: "PUT" | "PATCH";
  readonly kept: Kept<T>;
  /**
   * The object in a request's body.
   *
   * @param before the object that it replaces
   * @throws Refusal if the body is not valid
   */
  from(body: unknown, before?: T): T;
  one(item: T): unknown;
  all(items: readonly T[]): unknown;
  removed(item: T): Answer;
  /** The refusal of an unknown id. */
  missing(id: string): Refusal;
}

/** Answers calls of a collection and of its objects; undefined for another path. */
export function collectionApi<T extends { readonly id: string | number }>(collection: Collection<T>) {
  const { path, kept } = collection;
  const shown = (item: T): Answer => ({ status: 200, body: collection.one(item) });
  return (call: Call): Answer | undefined => {
    if (call.path === path) {
      switch (call.method) {
        case "GET":
          return { status: 200, body: collection.all(kept.all()) };
        case "POST": {
          const made = collection.from(bodyOf(call));
          kept.keep([...kept.all(), made]);
          return shown(made);
        }
      }
    } else if (call.path.startsWith(`${path}/`)) {
      const id = decodeURIComponent(call.path.slice(path.length + 1));
      const found = kept.all().find((item) => String(item.id) === id);
      if (found === undefined) {
        throw collection.missing(id);
      }
      switch (call.method) {
        case "GET":
          return shown(found);
        case collection.changedBy: {
          const after = collection.from(bodyOf(call), found);
          kept.keep(kept.all().map((item) => (item === found ? after : item)));
          return shown(after);
        }
        case "DELETE":
          kept.keep(kept.all().filter((item) => item !== found));
          return collection.removed(found);
      }
    } else {
      return undefined;
    }
    throw refusal(405, `this stand-in does not know ${call.method} ${call.path}`);
  };
}
