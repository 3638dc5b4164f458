import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Place } from "../base/place";
import { stateFile } from "../pulumi/environment";

interface Resource {
  readonly urn: string;
  readonly type: string;
  /** Set if the resource was imported. */
  readonly importID?: string;
}

interface Checkpoint {
  readonly checkpoint?: { readonly latest?: { readonly resources?: readonly Resource[] } };
}

/** Whether the creation had an effect outside the state. Components, providers and imports have none. */
export const isCreation = ({ type, importID = "" }: Omit<Resource, "urn">) =>
  !/^(kube-control:|pulumi:)/.test(type) && importID === "";

/** The URNs of the created resources in a text of the state. */
function creationsIn(text: string): ReadonlySet<string> {
  const { checkpoint } = JSON.parse(text) as Checkpoint;
  return new Set((checkpoint?.latest?.resources ?? []).filter(isCreation).map(({ urn }) => urn));
}

/** A version of the state file, and the URNs of the created resources in it. */
interface Version {
  readonly text: string;
  readonly creations: ReadonlySet<string>;
}

/** The state file of the lab's stack, and its earlier versions. */
export class StateFile {
  private readonly versions: Version[] = [];
  private seen = "";

  constructor(private readonly path: string) {}

  static of = (place: Place) => new StateFile(stateFile(place));

  /** Reads the file, keeps this version, and returns the URNs of the created resources in it. */
  read(): ReadonlySet<string> {
    if (existsSync(this.path)) {
      const { ino, mtimeMs, size } = statSync(this.path);
      const mark = `${ino} ${mtimeMs} ${size}`;
      if (mark !== this.seen) {
        this.seen = mark;
        const text = readFileSync(this.path, "utf8");
        this.versions.push({ text, creations: creationsIn(text) });
        if (this.versions.length > 40) this.versions.shift();
      }
    }
    return this.versions.at(-1)?.creations ?? new Set();
  }

  /**
   * Restores the newest version without these resources. They then exist but are not in the state, as if Pulumi had been
   * killed between the end of a step and the write of the state.
   *
   * @returns the URNs of all created resources that are no longer in the state
   * @throws Error if no such version was kept
   */
  rewind(urns: readonly string[]): string[] {
    const recorded = this.read();
    const before = this.versions.findLast(({ creations }) => urns.every((urn) => !creations.has(urn)));
    if (before === undefined) throw new Error(`no version of the state without ${urns.join(", ")} was kept`);
    writeFileSync(this.path, before.text, { mode: 0o600 });
    // the backend writes this file in place: after a kill it may be empty, and Pulumi fails with EOF
    rmSync(`${this.path}.attrs`, { force: true });
    return [...recorded].filter((urn) => !before.creations.has(urn));
  }
}
