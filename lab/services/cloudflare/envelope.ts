import type { Answer } from "../http";

interface ApiError {
  readonly code: number;
  readonly message: string;
  readonly error_chain?: readonly ApiError[];
}

/** A refusal in Cloudflare's terms: HTTP status, its code and its message. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
    readonly chain?: readonly ApiError[],
  ) {
    super(message);
  }

  answer(): Answer {
    const error = { code: this.code, message: this.message, ...(this.chain ? { error_chain: this.chain } : {}) };
    return { status: this.status, body: { result: null, success: false, errors: [error], messages: [] } };
  }
}

export function result(value: unknown): Answer {
  return { status: 200, body: { result: value, success: true, errors: [], messages: [] } };
}

/** One page of a list, with the `result_info` that clients page by. */
export function page(values: readonly unknown[], query: URLSearchParams, defaultPerPage: number): Answer {
  const wanted = whole(query, "page", 1);
  const perPage = whole(query, "per_page", defaultPerPage);
  const shown = values.slice((wanted - 1) * perPage, wanted * perPage);
  return {
    status: 200,
    body: {
      result: shown,
      success: true,
      errors: [],
      messages: [],
      result_info: {
        page: wanted,
        per_page: perPage,
        count: shown.length,
        total_count: values.length,
        total_pages: Math.ceil(values.length / perPage),
      },
    },
  };
}

function whole(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) {
    return fallback;
  }
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new Refusal(400, 1004, `Invalid ${name}: must be a whole number from 1.`);
  }
  return value;
}
