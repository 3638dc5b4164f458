import { StateFile } from "../state-file";

/** Things of one kind that the organisation has made. */
export interface Kept<T> {
  all(): readonly T[];
  keep(items: readonly T[]): void;
}

type Lists = Readonly<Record<string, readonly unknown[]>>;

/** All that the organisation has made, in one file: a list of each kind. */
export class Account {
  private readonly file: StateFile<Lists | readonly unknown[]>;
  private lists: Lists;

  constructor(file: string) {
    this.file = new StateFile<Lists | readonly unknown[]>(file, {});
    const found = this.file.read();
    // a lab that was raised before there was more than pipelines has a list of them
    this.lists = Array.isArray(found) ? { pipelines: found } : (found as Lists);
  }

  /** The list under a name. The file is trusted: nobody else writes it. */
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
