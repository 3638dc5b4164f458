import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import type { Place } from "../base/place";
import { stateFile } from "../pulumi/environment";

interface Checkpoint {
  readonly checkpoint?: {
    readonly latest?: { readonly resources?: readonly { readonly urn: string }[] };
  };
}

/** The URNs that a text of the state notes as resources. */
function notedIn(text: string): Set<string> {
  const { checkpoint } = JSON.parse(text) as Checkpoint;
  return new Set((checkpoint?.latest?.resources ?? []).map(({ urn }) => urn));
}

/** The newest of some texts of the state, oldest first, that does not note a resource; undefined where each notes it. */
export function newestWithout(urn: string, texts: readonly string[]): string | undefined {
  return texts.findLast((text) => !notedIn(text).has(urn));
}

/** The state file of the lab's stack, and the texts that it had before. */
export class StateFile {
  private readonly path: string;
  private readonly texts: string[] = [];
  private seen = "";

  constructor(place: Place) {
    this.path = stateFile(place);
  }

  /** Keeps the text that the file has now, beside the texts before it. */
  keep(): void {
    if (!existsSync(this.path)) return;
    const { ino, mtimeMs } = statSync(this.path);
    const mark = `${ino} ${mtimeMs}`;
    if (mark === this.seen) return;
    this.seen = mark;
    this.texts.push(readFileSync(this.path, "utf8"));
    if (this.texts.length > 40) this.texts.shift();
  }

  /**
   * Makes the file what it was before it noted the resource. The resource exists then, and the state does not know it: as where
   * Pulumi is killed between the end of a step and its note.
   *
   * @returns whether it had to be changed: the kill may have come before the note
   * @throws Error where no text from before the note was kept
   */
  forget(urn: string): boolean {
    this.keep();
    const last = this.texts.at(-1);
    if (last !== undefined && !notedIn(last).has(urn)) return false;
    const before = newestWithout(urn, this.texts);
    if (before === undefined) throw new Error(`no state from before ${urn} was kept`);
    writeFileSync(this.path, before, { mode: 0o600 });
    return true;
  }
}
