import type { Answer, Call } from "../http";
import { plainRefusal } from "./refusal";

/** What can be done with things of one kind; each has a path of its own below theirs. */
export interface Collection<T> {
  readonly path: string;
  /** The method that changes one. */
  readonly changedBy: "PUT" | "PATCH";
  /** Refuses where there is none. */
  find(id: string): T;
  list(call: Call): Answer;
  create(call: Call): Answer;
  read(found: T, call: Call): Answer;
  change(found: T, call: Call): Answer;
  remove(found: T): Answer;
}

/** Answers a call of a collection or of one in it; undefined where the path is another's. */
export function answerOf<T>(collection: Collection<T>, call: Call): Answer | undefined {
  const { path } = collection;
  if (call.path === path) {
    switch (call.method) {
      case "GET":
        return collection.list(call);
      case "POST":
        return collection.create(call);
      default:
        throw plainRefusal(405, "Method Not Allowed");
    }
  }
  if (!call.path.startsWith(`${path}/`)) {
    return undefined;
  }
  const found = collection.find(decodeURIComponent(call.path.slice(path.length + 1)));
  switch (call.method) {
    case "GET":
      return collection.read(found, call);
    case collection.changedBy:
      return collection.change(found, call);
    case "DELETE":
      return collection.remove(found);
    default:
      throw plainRefusal(405, "Method Not Allowed");
  }
}
