import { type Address, parseAddress } from "./addresses";
import type { StackConfiguration } from "./schema";
import type { Sound } from "./sound";

/** An address of the configuration, and the setting that gives it. */
export interface PlacedAddress {
  readonly path: readonly PropertyKey[];
  readonly address: Address;
}

/** A machine of the configuration. Parts with mistakes are omitted. */
export interface PlacedMachine {
  readonly path: readonly PropertyKey[];
  readonly name?: string;
  readonly address?: PlacedAddress;
}

type Machine = Sound<StackConfiguration["monitor"]> | undefined;

export function placedAt(path: readonly PropertyKey[], text: string | undefined): PlacedAddress | undefined {
  const address = text === undefined ? undefined : parseAddress(text);
  return address === undefined ? undefined : { path, address };
}

function placed(path: readonly PropertyKey[], machine: Machine): PlacedMachine {
  return { path, name: machine?.name, address: placedAt([...path, "address"], machine?.address) };
}

/** Every machine of the stack, in the order of the configuration. */
export function machinesOf(stack: Sound<StackConfiguration>): readonly PlacedMachine[] {
  const lists = ["masters", "workers", "loadBalancers"] as const;
  return [
    ...lists.flatMap((list) => (stack[list] ?? []).map((machine, index) => placed([list, index], machine))),
    placed(["monitor"], stack.monitor),
  ];
}
