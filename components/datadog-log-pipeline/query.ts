/** The pipeline's filter combined with a search. */
export function within(filter: string, query = ""): string {
  return (
    [filter, query]
      .filter((part) => part !== "" && part !== "*")
      .map(parenthesized)
      .join(" ") || "*"
  );
}

/** In parentheses if it contains an OR, which binds less strongly than the combination. */
function parenthesized(query: string): string {
  return /\bOR\b/.test(query.replace(/"(?:\\.|[^"\\])*"|\([^()]*\)/g, "")) ? `(${query})` : query;
}
