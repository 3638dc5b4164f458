import { existsSync, readFileSync, writeFileSync } from "node:fs";

const head = `# Benchmarks

What was measured, by which command, on which machine. Each section is written by the command that it names, and replaced
when that is run again with \`--markdown docs/benchmarks.md\`.
`;

/** Puts a section into a document, in place of an older one of that name; the rest of the document stays as it is. */
export function withSection(document: string, name: string, section: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const whole = `${begin}\n\n${section.trim()}\n\n${end}`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  return from >= 0 && to > from
    ? `${document.slice(0, from)}${whole}${document.slice(to + end.length)}`
    : `${document.trimEnd()}\n\n${whole}\n`;
}

/** Writes a section into a Markdown file, which is made where it is missing. */
export function writeSection(file: string, name: string, section: string): void {
  const before = existsSync(file) ? readFileSync(file, "utf8") : head;
  writeFileSync(file, withSection(before, name, section));
}
