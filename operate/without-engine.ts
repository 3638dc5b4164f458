// What the bundle has in the place of Pulumi's SDK, which would take longer to load than all hosts take to answer. Only the
// parts that the checks of a configuration use are here; no resource is made and no engine is asked.

export class RunError extends Error {}

export class ResourceError extends Error {
  constructor(
    message: string,
    readonly resource: unknown,
    readonly hideStack = false,
  ) {
    super(message);
  }

  static isInstance(value: unknown): value is ResourceError {
    return value instanceof ResourceError;
  }
}

/** A secret of the SDK is an output. Nothing here reads one. */
export const secret = <T>(value: T): T => value;

export const output = <T>(value: T): T => value;
