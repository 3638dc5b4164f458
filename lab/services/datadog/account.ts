import { StateFile } from "../state-file";

/** The organisation's objects of one kind. */
export interface Kept<T> {
  all(): readonly T[];
  keep(items: readonly T[]): void;
}

type Lists = Readonly<Record<string, readonly unknown[]>>;

/** All objects of the organisation in one file, with a list for each kind. */
export class Account {
  private readonly file: StateFile<Lists | readonly unknown[]>;
  private lists: Lists;

  constructor(file: string) {
    this.file = new StateFile<Lists | readonly unknown[]>(file, {});
    const found = this.file.read();
    // an earlier version stored only a list of pipelines
    this.lists = Array.isArray(found) ? { pipelines: found } : (found as Lists);
  }

  /** The list with a name. Its content is not checked, because no other program writes the file. */
  kept<T>(name: string): Kept<T> {
    return {
      all: () => (this.lists[name] ?? []) as readonly T[],
      keep: (items) => {
        this.lists = { ...this.lists, [name]: items };
        this.file.write(this.lists);
      },
    };
  }
}
