// The tests of the stand-ins and of the plugins call vendor APIs without the vendors' clients.

export interface Reply {
  readonly status: number;
  // the shape is the vendor's; the tests know it
  readonly body: any;
}

/** Calls a stand-in over loopback. A body that is not text or bytes is sent as JSON. */
export async function call(
  url: string,
  method: string,
  options: { readonly headers?: Record<string, string>; readonly body?: unknown } = {},
): Promise<Reply> {
  const { body } = options;
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined ? { "content-type": "application/json" } : {}), ...options.headers },
    body: body === undefined ? undefined : raw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) as unknown };
  } catch {
    return { status: response.status, body: text };
  }
}
