import { randomBytes } from "node:crypto";
import type { Answer, Call } from "../http";
import type { Section } from "./account-state";
import { pipelineError } from "./engine";
import { type Pipeline, pipelineBody, type PipelineBody, pipelineOrderBody } from "./pipeline-schema";
import { logsRefusal, plainRefusal, zodDetails } from "./refusal";

const base = "/api/v1/logs/config/pipelines";
const orderPath = "/api/v1/logs/config/pipeline-order";

/** The organisation's pipelines, in the order in which logs run through them. */
export class Pipelines {
  constructor(private readonly kept: Section<Pipeline>) {}

  all(): readonly Pipeline[] {
    return this.kept.all();
  }

  /** Answers a call under /api/v1/logs/config; undefined where the path is another's. */
  answer(call: Call): Answer | undefined {
    if (call.path === orderPath) {
      return call.method === "GET" ? this.order() : call.method === "PUT" ? this.reorder(call) : notAllowed();
    }
    if (call.path === base) {
      return call.method === "GET" ? ok(this.all()) : call.method === "POST" ? this.create(call) : notAllowed();
    }
    const id = call.path.startsWith(`${base}/`) ? decodeURIComponent(call.path.slice(base.length + 1)) : undefined;
    if (id === undefined) {
      return undefined;
    }
    switch (call.method) {
      case "GET":
        return ok(this.find(id));
      case "PUT":
        return this.replace(id, call);
      case "DELETE":
        return this.remove(id);
      default:
        return notAllowed();
    }
  }

  private create(call: Call): Answer {
    const pipeline = view(randomBytes(16).toString("base64url"), parse(call.body));
    this.kept.keep([...this.all(), pipeline]);
    return ok(pipeline);
  }

  private replace(id: string, call: Call): Answer {
    const before = this.find(id);
    const after = view(id, parse(call.body));
    this.kept.keep(this.all().map((pipeline) => (pipeline === before ? after : pipeline)));
    return ok(after);
  }

  private remove(id: string): Answer {
    const before = this.find(id);
    this.kept.keep(this.all().filter((pipeline) => pipeline !== before));
    return { status: 200 };
  }

  private order(): Answer {
    return ok({ pipeline_ids: this.all().map(({ id }) => id) });
  }

  private reorder(call: Call): Answer {
    const parsed = pipelineOrderBody.safeParse(json(call.body));
    if (!parsed.success) {
      throw logsRefusal(400, "InvalidArgument", "Invalid pipeline order", zodDetails(parsed.error));
    }
    const ids = parsed.data.pipeline_ids;
    const own = this.all().map(({ id }) => id);
    if (ids.length !== own.length || new Set(ids).size !== own.length || !ids.every((id) => own.includes(id))) {
      throw logsRefusal(422, "InvalidArgument", "Cannot map pipelines to existing ones");
    }
    this.kept.keep(ids.map((id) => this.find(id)));
    return this.order();
  }

  private find(id: string): Pipeline {
    const pipeline = this.all().find((candidate) => candidate.id === id);
    if (pipeline === undefined) {
      // Not 404: the official plugin takes this 400 as a pipeline that is gone.
      throw logsRefusal(400, "InvalidArgument", "Non existing pipeline");
    }
    return pipeline;
  }
}

function parse(body: Buffer): PipelineBody {
  const parsed = pipelineBody.safeParse(json(body));
  if (!parsed.success) {
    throw logsRefusal(400, "InvalidArgument", "Invalid Pipeline", zodDetails(parsed.error));
  }
  const wrong = pipelineError(parsed.data);
  if (wrong !== undefined) {
    throw logsRefusal(400, "InvalidArgument", "Invalid Pipeline", [wrong]);
  }
  return parsed.data;
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    throw logsRefusal(400, "InvalidArgument", "Invalid JSON");
  }
}

function view(id: string, { id: _id, type: _type, is_read_only: _readOnly, ...rest }: PipelineBody): Pipeline {
  return { id, type: "pipeline", is_read_only: false, ...rest };
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function notAllowed(): never {
  throw plainRefusal(405, "Method Not Allowed");
}
