/** An API's refusal of a request, in its own words. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Turns an error into one that says what was tried. */
export function failed(what: string): (error: Error) => never {
  return (error) => {
    // What fetch says of a server that it does not reach is in the cause.
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
    throw new Error(`${what}: ${error.message}${cause}`);
  };
}

/** Takes an answer with one of these statuses as a thing that is gone. */
export function unlessGone(what: string, statuses: readonly number[] = [404]): (error: Error) => undefined {
  return (error) => (error instanceof Refusal && statuses.includes(error.status) ? undefined : failed(what)(error));
}
