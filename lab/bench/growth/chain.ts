/** A resource, and what it waits for. */
export interface Step {
  readonly name: string;
  readonly dependencies: readonly string[];
  /** Whether it does something by itself: a component and a provider do not. */
  readonly works: boolean;
}

/**
 * The longest chain of steps of which each waits for the one before: so many, one after another, however fast hosts are.
 *
 * @param steps in the order in which they were registered: each after those that it waits for
 */
export function longestChain(steps: readonly Step[]): readonly string[] {
  const chains = new Map<string, readonly string[]>();
  for (const { name, dependencies, works } of steps) {
    const before = longest(dependencies.map((one) => chains.get(one) ?? []));
    chains.set(name, works ? [...before, name] : before);
  }
  return longest([...chains.values()]);
}

const longest = (chains: readonly (readonly string[])[]): readonly string[] =>
  chains.reduce((best, chain) => (chain.length > best.length ? chain : best), []);
