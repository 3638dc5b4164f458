/** An API's refusal of a request, with the API's message. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Adds to an error what was attempted. */
export function failed(what: string): (error: Error) => never {
  return (error) => {
    // If fetch cannot reach the server, the reason is in the cause.
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
    throw new Error(`${what}: ${error.message}${cause}`);
  };
}

/** Treats a refusal with one of these statuses as a missing resource. */
export function unlessGone(what: string, statuses: readonly number[] = [404]): (error: Error) => undefined {
  return (error) => (error instanceof Refusal && statuses.includes(error.status) ? undefined : failed(what)(error));
}
