/** A resource, and what it waits for. */
export interface Step {
  readonly name: string;
  readonly dependencies: readonly string[];
  /** Whether it does something by itself: a component and a provider do not. */
  readonly works: boolean;
}

/** The longest chain of steps of which each waits for the one before: so many, one after another, however fast hosts are. */
export function longestChain(steps: readonly Step[]): string[] {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const known = new Map<string, readonly string[]>();
  const chainTo = (name: string, above: readonly string[]): readonly string[] => {
    const done = known.get(name);
    if (done !== undefined) return done;
    if (above.includes(name)) throw new Error(`a circle: ${[...above, name].join(" → ")}`);
    const step = byName.get(name);
    if (step === undefined) return [];
    const before = longest(step.dependencies.map((one) => chainTo(one, [...above, name])));
    const chain = step.works ? [...before, name] : before;
    known.set(name, chain);
    return chain;
  };
  return [...longest(steps.map(({ name }) => chainTo(name, [])))];
}

const longest = (chains: readonly (readonly string[])[]): readonly string[] =>
  chains.reduce((best, chain) => (chain.length > best.length ? chain : best), []);
