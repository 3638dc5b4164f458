import type { Failure, Fields } from "./schema";
import type { Properties } from "./value";

/** What a resource's code is given beside its properties. */
export interface Call<Configuration> {
  /** The resource's name, the last part of its URN. */
  readonly name: string;
  readonly configuration: Configuration;
  /** Aborted when the engine cancels the update. */
  readonly signal: AbortSignal;
  /** Shows a line beside the resource while it is worked on. */
  readonly progress: (line: string) => void;
}

export interface Created {
  readonly id: string;
  /** Inputs and outputs together, as the state shall hold them. */
  readonly outputs: Properties;
}

export interface Found {
  /** State and, of it, the inputs that would lead to it. */
  readonly outputs: Properties;
  readonly inputs: Properties;
  /** Its id, where an import was asked for by another one. */
  readonly id?: string;
}

/** One resource type of a provider. Only checks, comparisons and imports see values of a preview. */
export interface ResourceType<Configuration> {
  readonly inputs: Fields;
  /** A replacement deletes the old resource first: two cannot stand side by side. */
  readonly deleteBeforeReplace?: boolean;
  /** What the schema cannot say; called where the schema finds no fault. Values may be unknown. */
  check?(inputs: Properties): Failure[];
  /** Whether a state and inputs say the same, though their spelling differs. Values may be unknown. */
  isSame?(state: Properties, inputs: Properties): boolean;
  create(inputs: Properties, call: Call<Configuration>): Promise<Created>;
  /** The resource as it is now; undefined where it is gone. Without it, a refresh finds what the state holds. */
  read?(id: string, state: Properties, inputs: Properties, call: Call<Configuration>): Promise<Found | undefined>;
  /** Without it, every change replaces the resource. */
  update?(id: string, state: Properties, inputs: Properties, call: Call<Configuration>): Promise<Properties>;
  delete?(id: string, state: Properties, call: Call<Configuration>): Promise<void>;
}

/** One function of a provider: it looks something up and changes nothing. */
export interface FunctionType<Configuration> {
  readonly inputs: Fields;
  run(inputs: Properties, call: Pick<Call<Configuration>, "configuration" | "signal">): Promise<Properties>;
}

/** A provider: its configuration, its resource types and its functions, both by token. */
export interface Provider<Configuration> {
  readonly name: string;
  readonly configuration: Fields;
  readonly resources: Readonly<Record<string, ResourceType<Configuration>>>;
  readonly functions?: Readonly<Record<string, FunctionType<Configuration>>>;
  /** What the schema of the configuration cannot say. */
  checkConfiguration?(configuration: Properties): Failure[];
  /** Turns the checked configuration into what resources use. */
  configure(configuration: Properties): Configuration;
}

/** The resource was made or changed, and is not as it should be: the engine keeps it in its state and says why. */
export class InitFailed extends Error {
  constructor(
    readonly id: string,
    readonly outputs: Properties,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join("; "));
  }
}
