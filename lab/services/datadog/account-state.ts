import { StateFile } from "../state-file";
import type { Dashboard } from "./dashboards";
import type { Metric } from "./metrics";
import type { Monitor } from "./monitors";
import type { Pipeline } from "./pipeline-schema";
import type { Section } from "./section";

interface Sections {
  readonly pipelines: readonly Pipeline[];
  readonly metrics: readonly Metric[];
  readonly dashboards: readonly Dashboard[];
  readonly monitors: readonly Monitor[];
}

/** All that the organisation has made, in one file. */
export class AccountState {
  private readonly file: StateFile<Partial<Sections> | Sections["pipelines"]>;
  private sections: Sections;

  constructor(file: string) {
    this.file = new StateFile<Partial<Sections> | Sections["pipelines"]>(file, {});
    const found = this.file.read();
    // A lab that was raised before there was more than pipelines has a list of them.
    const kept = Array.isArray(found) ? { pipelines: found as Sections["pipelines"] } : (found as Partial<Sections>);
    this.sections = { pipelines: [], metrics: [], dashboards: [], monitors: [], ...kept };
  }

  section<Name extends keyof Sections>(name: Name): Section<Sections[Name][number]> {
    return {
      all: () => this.sections[name],
      keep: (items) => {
        this.sections = { ...this.sections, [name]: items };
        this.file.write(this.sections);
      },
    };
  }
}
