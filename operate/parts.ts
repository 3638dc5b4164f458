/** A file in a bug report. */
export interface Part {
  /** Relative path in the archive. */
  readonly path: string;
  readonly content: string;
}

const mostParts = 500;

/**
 * Reads the output of files.sh: a line `MARK NAME` before each part. Ignores a part whose name is not a plain relative path,
 * because the host chooses the name and this machine creates a file with it.
 */
export function partsOf(output: string, mark: string): Part[] {
  return output
    .split(`\n${mark} `)
    .slice(1, mostParts)
    .flatMap((text) => {
      const end = text.indexOf("\n");
      const path = end < 0 ? text : text.slice(0, end);
      const content = end < 0 ? "" : text.slice(end + 1);
      return isPlain(path) && path !== "end" ? [{ path, content: withoutControls(content) }] : [];
    });
}

function isPlain(path: string): boolean {
  const names = path.split("/");
  return path.length <= 300 && names.every((name) => /^[\w@:+][\w.@:+-]*$/.test(name));
}

/** Removes control characters, because an operator may open these files in a terminal. */
function withoutControls(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, "");
}
