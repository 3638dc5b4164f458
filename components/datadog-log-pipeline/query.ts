/** A search among the logs of a pipeline: its filter, and what narrows it. */
export function within(filter: string, query = ""): string {
  return (
    [filter, query]
      .filter((part) => part !== "" && part !== "*")
      .map(enclosed)
      .join(" ") || "*"
  );
}

/** In parentheses where it has an OR of its own, which would reach over what it is joined with. */
function enclosed(query: string): string {
  return /\bOR\b/.test(query.replace(/"(?:\\.|[^"\\])*"|\([^()]*\)/g, "")) ? `(${query})` : query;
}
