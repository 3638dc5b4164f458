/** `; did you mean X?` with the known name that is most similar to a mistyped one; "" if none is similar. */
export function nearest(name: string, known: readonly string[]): string {
  const [best] = near(name, known);
  return best === undefined ? "" : `; did you mean ${best}?`;
}

/** The known names that are similar to a mistyped one, the most similar first. */
export function near(name: string, known: readonly string[]): string[] {
  const most = Math.max(2, Math.floor(name.length / 3));
  return known
    .map((each) => ({ each, changes: distance(name.toLowerCase(), each.toLowerCase()) }))
    .filter(({ changes }) => changes <= most)
    .sort((a, b) => a.changes - b.changes)
    .map(({ each }) => each);
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
