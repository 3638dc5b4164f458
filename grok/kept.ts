/** A map of results that is emptied when it is full, so that input from outside cannot exhaust the memory. */
export class Kept<K, V> extends Map<K, V> {
  /** @param most number of results */
  constructor(private readonly most: number) {
    super();
  }

  override set(key: K, value: V): this {
    if (this.size >= this.most) this.clear();
    return super.set(key, value);
  }
}
