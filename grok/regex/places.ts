/** A part of a pattern that comes from one rule. */
interface Piece {
  /** Index of its first character in the pattern. */
  readonly start: number;
  readonly rule: string;
  /** Index of its first character in its rule. */
  readonly offset: number;
  /** The rules that are being put into each other there, from the outermost to `rule`. */
  readonly open: readonly string[];
}

/** The rules that the characters of a pattern come from, while rules are put into it as text. */
export class Places {
  private pieces: readonly Piece[];

  /** @param open the rules that are being put into each other; the pattern is that of the last one */
  constructor(open: readonly string[]) {
    this.pieces = [{ start: 0, rule: open.at(-1)!, offset: 0, open }];
  }

  /** The rule and the column in it, from 1, of a character of the pattern. */
  at(index: number): { rule: string; column: number; open: readonly string[] } {
    const { rule, start, offset, open } = this.pieces.findLast((piece) => piece.start <= index)!;
    return { rule, column: offset + index - start + 1, open };
  }

  /** Records that the text of a rule replaces the characters from `start` to `end` of the pattern. */
  replace(start: number, end: number, rule: string, length: number): void {
    const { open } = this.at(start);
    const after = this.at(end);
    const shift = length - (end - start);
    const before = this.pieces.filter((piece) => piece.start < start);
    const later = this.pieces.filter((piece) => piece.start > end);
    this.pieces = [
      ...before,
      { start, rule, offset: 0, open: [...open, rule] },
      { start: start + length, rule: after.rule, offset: after.column - 1, open: after.open },
      ...later.map((piece) => ({ ...piece, start: piece.start + shift })),
    ];
  }
}
