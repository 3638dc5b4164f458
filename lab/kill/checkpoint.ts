import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Place } from "../base/place";
import { stateFile } from "../pulumi/environment";

interface Resource {
  readonly urn: string;
  readonly type: string;
  /** Set where it was imported. */
  readonly importID?: string;
}

interface Checkpoint {
  readonly checkpoint?: { readonly latest?: { readonly resources?: readonly Resource[] } };
}

/** Components and providers have no effect outside the state, and an import has none either. */
export const isCreation = ({ type, importID = "" }: Omit<Resource, "urn">) =>
  !/^(kube-control:|pulumi:)/.test(type) && importID === "";

/** The URNs of what was created, as a text of the state notes it. */
function creationsIn(text: string): ReadonlySet<string> {
  const { checkpoint } = JSON.parse(text) as Checkpoint;
  return new Set((checkpoint?.latest?.resources ?? []).filter(isCreation).map(({ urn }) => urn));
}

/** A text of the state, and the URNs that it notes as created. */
interface Noted {
  readonly text: string;
  readonly creations: ReadonlySet<string>;
}

/** The state file of the lab's stack, and the texts that it had before. */
export class StateFile {
  private readonly texts: Noted[] = [];
  private seen = "";

  constructor(private readonly path: string) {}

  static of = (place: Place) => new StateFile(stateFile(place));

  /** Keeps the text that the file has now beside those before it, and gives the URNs of what it notes as created. */
  look(): ReadonlySet<string> {
    if (existsSync(this.path)) {
      const { ino, mtimeMs, size } = statSync(this.path);
      const mark = `${ino} ${mtimeMs} ${size}`;
      if (mark !== this.seen) {
        this.seen = mark;
        const text = readFileSync(this.path, "utf8");
        this.texts.push({ text, creations: creationsIn(text) });
        if (this.texts.length > 40) this.texts.shift();
      }
    }
    return this.texts.at(-1)?.creations ?? new Set();
  }

  /**
   * Makes the file what it was before it noted any of these resources. They exist then, and the state does not know them: as
   * where Pulumi is killed between the end of a step and its note.
   *
   * @returns the URNs of all that is created and no longer noted
   * @throws Error where no text from before was kept
   */
  forget(urns: readonly string[]): string[] {
    const noted = this.look();
    const before = this.texts.findLast(({ creations }) => urns.every((urn) => !creations.has(urn)));
    if (before === undefined) throw new Error(`no state from before ${urns.join(", ")} was kept`);
    writeFileSync(this.path, before.text, { mode: 0o600 });
    // the backend writes this one in place: a kill may have left it empty, and Pulumi would fail with EOF
    rmSync(`${this.path}.attrs`, { force: true });
    return [...noted].filter((urn) => !before.creations.has(urn));
  }
}
