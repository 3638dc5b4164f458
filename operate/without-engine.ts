// Replaces Pulumi's SDK in the bundle, because loading the SDK takes longer than reading all hosts. It has only the parts that
// the checks of a configuration use. It creates no resource and calls no engine.

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

/** In the SDK, a secret is an output. The bundle reads none. */
export const secret = <T>(value: T): T => value;

export const output = <T>(value: T): T => value;
