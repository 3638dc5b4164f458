import { parseAddress } from "./addresses";

/** An address of the configuration, and the setting that gives it. */
export interface PlacedAddress {
  readonly path: readonly PropertyKey[];
  readonly address: number;
  readonly text: string;
}

/** A machine of the configuration: those of its parts that are well formed. */
export interface DraftMachine {
  readonly path: readonly PropertyKey[];
  readonly name?: string;
  readonly address?: PlacedAddress;
}

/**
 * A configuration that may have mistakes. The checks that compare settings with one another read it through here, and
 * see only what is well formed: so a mistake in one setting hides no other.
 */
export class Draft {
  constructor(private readonly root: unknown) {}

  value(...path: readonly PropertyKey[]): unknown {
    return path.reduce<unknown>(
      (value, part) => (isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined),
      this.root,
    );
  }

  text(...path: readonly PropertyKey[]): string | undefined {
    const value = this.value(...path);
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  /** A number; the default where the setting is left out or is no number. */
  number(path: readonly PropertyKey[], byDefault: number): number {
    const value = this.value(...path);
    return typeof value === "number" ? value : byDefault;
  }

  list(...path: readonly PropertyKey[]): readonly unknown[] {
    const value = this.value(...path);
    return Array.isArray(value) ? value : [];
  }

  address(...path: readonly PropertyKey[]): PlacedAddress | undefined {
    const text = this.text(...path);
    const address = text === undefined ? undefined : parseAddress(text);
    return text === undefined || address === undefined ? undefined : { path, address, text };
  }

  private machine(path: readonly PropertyKey[]): DraftMachine {
    return { path, name: this.text(...path, "name"), address: this.address(...path, "address") };
  }

  machines(group: "masters" | "workers" | "loadBalancers"): readonly DraftMachine[] {
    return this.list(group).map((_, index) => this.machine([group, index]));
  }

  /** Every machine of the stack, in the order of the configuration. */
  allMachines(): readonly DraftMachine[] {
    return [
      ...this.machines("masters"),
      ...this.machines("workers"),
      ...this.machines("loadBalancers"),
      this.machine(["monitor"]),
    ];
  }
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}
