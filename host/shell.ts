/** Quotes a text so that a POSIX shell reads it back unchanged. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `NAME='value'` lines for a script's head, sorted by name, so that a diff shows only changed values. */
export function shellAssignments(variables: Readonly<Record<string, string>>): string {
  return Object.keys(variables)
    .sort()
    .map((name) => {
      if (!/^[A-Z][A-Z0-9_]*$/.test(name)) {
        throw new Error(`not a shell variable name: ${name}`);
      }
      return `${name}=${shellQuote(variables[name] ?? "")}\n`;
    })
    .join("");
}
