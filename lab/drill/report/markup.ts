/** Text that is HTML or SVG already. */
export class Markup {
  constructor(readonly source: string) {}
}

type Piece = string | number | Markup | readonly Markup[] | undefined;

/** Puts HTML together: whatever is filled in is escaped, unless it is markup itself. */
export function markup(literals: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(literals.map((literal, index) => literal + sourceOf(pieces[index])).join(""));
}

function sourceOf(piece: Piece): string {
  if (piece === undefined) return "";
  if (piece instanceof Markup) return piece.source;
  if (typeof piece === "object") return piece.map(({ source }) => source).join("");
  return String(piece).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
