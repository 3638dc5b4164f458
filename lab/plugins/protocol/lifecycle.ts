import { compareInputs, type Change, type Changes } from "./diff";
import { InitFailed, type Call, type Created, type Found, type Provider, type ResourceType } from "./resource";
import { checkInputs, decodeConfiguration, type Checked, type Failure } from "./schema";
import { conceal, containsUnknown, revealAll, unknown, type Properties } from "./value";

export interface Difference {
  readonly changes: Changes;
  readonly replaces: boolean;
  readonly deleteBeforeReplace: boolean;
}

/**
 * A provider's operations as the engine asks for them: takes wrapped properties, checks and compares by the schema,
 * answers previews itself so that a resource's code runs in an update only, and wraps again what comes back.
 */
export class Lifecycle<Configuration> {
  private configuration: Configuration | undefined;
  private readonly cancelled = new AbortController();

  constructor(
    readonly provider: Provider<Configuration>,
    private readonly log: (urn: string, line: string) => void = () => undefined,
  ) {}

  checkConfiguration(sent: Properties): Checked {
    const decoded = decodeConfiguration(this.provider.configuration, sent);
    const checked = checkInputs(this.provider.configuration, decoded);
    if (checked.failures.length > 0) {
      return checked;
    }
    return { ...checked, failures: this.provider.checkConfiguration?.(revealAll(checked.inputs)) ?? [] };
  }

  async configure(sent: Properties): Promise<void> {
    const checked = this.checkConfiguration(sent);
    if (checked.failures.length > 0) {
      throw new Error(checked.failures.map((failure) => failure.reason).join("; "));
    }
    // A preview may not know all of the configuration yet; it needs none of it.
    if (!containsUnknown(checked.inputs)) {
      this.configuration = await this.provider.configure(revealAll(checked.inputs));
    }
  }

  check(token: string, inputs: Properties): Checked {
    const type = this.type(token);
    const checked = checkInputs(type.inputs, inputs);
    if (checked.failures.length > 0) {
      return checked;
    }
    return { ...checked, failures: type.check?.(revealAll(checked.inputs)) ?? [] };
  }

  diff(token: string, state: Properties, inputs: Properties, ignored: readonly string[]): Difference {
    const type = this.type(token);
    const [before, after] = [revealAll(state), revealAll(inputs)];
    const changes = new Map<string, Change>();
    for (const [path, change] of compareInputs(type.inputs, before, after, ignored)) {
      const replacing = { ...change, replaces: change.replaces || type.update === undefined };
      const judged = type.judge === undefined ? replacing : type.judge(path, replacing, before, after);
      if (judged !== undefined) {
        changes.set(path, judged);
      }
    }
    const replaces = [...changes.values()].some((change) => change.replaces);
    return { changes, replaces, deleteBeforeReplace: replaces && (type.deleteBeforeReplace ?? false) };
  }

  async create(token: string, urn: string, inputs: Properties, preview: boolean): Promise<Created> {
    const type = this.type(token);
    if (preview) {
      const outputs: Properties = Object.fromEntries(Object.keys(type.outputs).map((name) => [name, unknown]));
      return { id: "", outputs: { ...outputs, ...inputs } };
    }
    const created = await this.concealing(type, inputs, () => type.create(revealAll(inputs), this.call(urn)));
    return { id: created.id, outputs: this.conceal(type, created.outputs, inputs) };
  }

  async read(
    token: string,
    id: string,
    urn: string,
    state: Properties,
    inputs: Properties,
  ): Promise<Found | undefined> {
    const type = this.type(token);
    if (type.read === undefined) {
      return { outputs: state, inputs };
    }
    const found = await type.read(id, revealAll(state), revealAll(inputs), this.call(urn));
    return found === undefined
      ? undefined
      : {
          ...found,
          outputs: this.conceal(type, found.outputs, { ...state, ...inputs }),
          inputs: this.conceal(type, found.inputs, inputs),
        };
  }

  async update(
    token: string,
    id: string,
    urn: string,
    state: Properties,
    inputs: Properties,
    preview: boolean,
  ): Promise<Properties> {
    const type = this.type(token);
    if (preview) {
      const outputs: Properties = Object.fromEntries(
        Object.entries(type.outputs).map(([name, kind]) => [
          name,
          kind === "stable" ? (state[name] ?? unknown) : unknown,
        ]),
      );
      return { ...outputs, ...inputs };
    }
    if (type.update === undefined) {
      throw new Error(`${token} cannot be updated`);
    }
    const update = type.update.bind(type);
    const outputs = await this.concealing(type, inputs, () =>
      update(id, revealAll(state), revealAll(inputs), this.call(urn)),
    );
    return this.conceal(type, outputs, inputs);
  }

  async delete(token: string, id: string, urn: string, state: Properties): Promise<void> {
    await this.type(token).delete?.(id, revealAll(state), this.call(urn));
  }

  /** Runs a function, in a preview as well. Failures are those of its inputs, and there are no outputs then. */
  async invoke(token: string, sent: Properties): Promise<{ outputs: Properties; failures: Failure[] }> {
    const called = this.provider.functions?.[token];
    if (called === undefined) {
      throw new Error(`this stand-in for the ${this.provider.name} provider does not know the function ${token}`);
    }
    const { inputs, failures } = checkInputs(called.inputs, sent);
    const { configuration, signal } = this.configured();
    const outputs = failures.length > 0 ? {} : await called.run(revealAll(inputs), { configuration, signal });
    return { outputs, failures };
  }

  /** Ends what is under way; every later call fails at once. */
  cancel(): void {
    this.cancelled.abort(new Error("the update was cancelled"));
  }

  private type(token: string): ResourceType<Configuration> {
    const type = this.provider.resources[token];
    if (type === undefined) {
      throw new Error(`this stand-in for the ${this.provider.name} provider does not know the resource type ${token}`);
    }
    return type;
  }

  private configured(): { readonly configuration: Configuration; readonly signal: AbortSignal } {
    if (this.configuration === undefined) {
      throw new Error(`the ${this.provider.name} provider is not configured`);
    }
    return { configuration: this.configuration, signal: this.cancelled.signal };
  }

  private call(urn: string): Call<Configuration> {
    return {
      ...this.configured(),
      urn,
      name: urn.split("::").slice(3).join("::"),
      progress: (line) => this.log(urn, line),
    };
  }

  private conceal(type: ResourceType<Configuration>, outputs: Properties, wrapped: Properties): Properties {
    const secretNames = Object.entries(type.inputs).filter(([, field]) => field.secret);
    return conceal(outputs, wrapped, new Set(secretNames.map(([name]) => name)));
  }

  /** Runs a change; the state that a half-made resource leaves behind is wrapped like any other. */
  private async concealing<T>(
    type: ResourceType<Configuration>,
    inputs: Properties,
    change: () => Promise<T>,
  ): Promise<T> {
    try {
      this.cancelled.signal.throwIfAborted();
      return await change();
    } catch (error) {
      throw error instanceof InitFailed
        ? new InitFailed(error.id, this.conceal(type, error.outputs, inputs), error.reasons)
        : error;
    }
  }
}
