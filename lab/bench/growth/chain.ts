/** A resource and its dependencies. */
export interface Step {
  readonly name: string;
  readonly dependencies: readonly string[];
  /** Whether it does work. Components and providers do not. */
  readonly works: boolean;
}

/**
 * The longest chain of dependent steps, which run one after another however fast the hosts are.
 *
 * @param steps in the order of registration: each after its dependencies
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
