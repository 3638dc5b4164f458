/** Text that is already HTML. */
export class Markup {
  constructor(readonly source: string) {}
}

type Piece = string | number | Markup | readonly Markup[] | undefined;

/** A template of HTML. Escapes each value, unless it is markup. */
export function markup(literals: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(literals.map((literal, index) => literal + sourceOf(pieces[index])).join(""));
}

function sourceOf(piece: Piece): string {
  if (piece === undefined) return "";
  if (piece instanceof Markup) return piece.source;
  if (typeof piece === "object") return piece.map(({ source }) => source).join("");
  return String(piece).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
