import type { Failure, Fields } from "./schema";
import type { Properties } from "./value";

/** The context of a call on a resource. */
export interface Call<Configuration> {
  /** The resource's name, the last part of its URN. */
  readonly name: string;
  readonly configuration: Configuration;
  /** Aborted when the engine cancels the update. */
  readonly signal: AbortSignal;
  /** Shows a line beside the resource while the call runs. */
  readonly progress: (line: string) => void;
}

export interface Created {
  readonly id: string;
  /** Inputs and outputs, as the state stores them. */
  readonly outputs: Properties;
}

export interface Found {
  /** The state, and the inputs that lead to it. */
  readonly outputs: Properties;
  readonly inputs: Properties;
  /** The id, if an import used another one. */
  readonly id?: string;
}

/** One resource type of a provider. In a preview, the engine calls only check, isSame and read. */
export interface ResourceType<Configuration> {
  readonly inputs: Fields;
  /** A replacement deletes the old resource first, because two cannot exist at the same time. */
  readonly deleteBeforeReplace?: boolean;
  /** Checks that the schema cannot express. Called if the inputs match the schema. Values may be unknown. */
  check?(inputs: Properties): Failure[];
  /** Whether state and inputs are equivalent although they differ in form. Values may be unknown. */
  isSame?(state: Properties, inputs: Properties): boolean;
  create(inputs: Properties, call: Call<Configuration>): Promise<Created>;
  /** The current resource; undefined if it does not exist. Without this method, a refresh keeps the state. */
  read?(id: string, state: Properties, inputs: Properties, call: Call<Configuration>): Promise<Found | undefined>;
  /** Without this method, every change replaces the resource. */
  update?(id: string, state: Properties, inputs: Properties, call: Call<Configuration>): Promise<Properties>;
  delete?(id: string, state: Properties, call: Call<Configuration>): Promise<void>;
}

/** One function of a provider: it reads something and changes nothing. */
export interface FunctionType<Configuration> {
  readonly inputs: Fields;
  run(inputs: Properties, call: Pick<Call<Configuration>, "configuration" | "signal">): Promise<Properties>;
}

/** A provider: its configuration, and its resource types and functions by token. */
export interface Provider<Configuration> {
  readonly name: string;
  readonly configuration: Fields;
  readonly resources: Readonly<Record<string, ResourceType<Configuration>>>;
  readonly functions?: Readonly<Record<string, FunctionType<Configuration>>>;
  /** Checks of the configuration that its schema cannot express. */
  checkConfiguration?(configuration: Properties): Failure[];
  /** Converts the checked configuration into the object that the resources use. */
  configure(configuration: Properties): Configuration;
}

/** The resource was created or changed, but does not work. The engine keeps it in the state and shows the reasons. */
export class InitFailed extends Error {
  constructor(
    readonly id: string,
    readonly outputs: Properties,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join("; "));
  }
}
