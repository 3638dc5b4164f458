/** What the log search and the monitors make of the values that logs have for a facet. */
export type Aggregation = (typeof aggregations)[number];

export const aggregations = ["cardinality", "sum", "avg", "min", "max", "median"] as const;

/** A log without the facet counts for nothing; undefined where there is nothing to compute it from. */
export function aggregate(aggregation: Aggregation, given: readonly unknown[]): number | undefined {
  const values = given.filter((value) => value !== undefined);
  if (aggregation === "cardinality") return new Set(values.map(String)).size;
  const numbers = values
    .map(Number)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const sum = () => numbers.reduce((total, value) => total + value, 0);
  if (numbers.length === 0) return undefined;
  switch (aggregation) {
    case "sum":
      return sum();
    case "avg":
      return sum() / numbers.length;
    case "min":
      return numbers[0];
    case "max":
      return numbers.at(-1);
    case "median":
      return numbers[Math.floor((numbers.length - 1) / 2)];
  }
}
