import { type Pipeline, placedProcessors } from "./pipeline/definition";
import type { RunOptions } from "./pipeline/run";
import { splitRules } from "./rules";

/** How many texts the rules of a parser, or the categories of a category processor, matched. */
export interface Coverage {
  /** Position and name of the processor, after those of the pipelines that contain it. */
  readonly where: string;
  readonly kind: "rules" | "categories";
  readonly counts: readonly { readonly name: string; readonly count: number }[];
  /** Number of texts that none of them matched. */
  readonly none: number;
}

/** Counts while a pipeline runs. Its rules must be valid. Processors that are not enabled do not count. */
export class CoverageCounter {
  private readonly parts = new Map<
    string,
    { kind: Coverage["kind"]; names: string[]; counts: number[]; none: number }
  >();

  constructor(pipeline: Pipeline) {
    for (const { processor, where } of placedProcessors(pipeline, `pipeline ${pipeline.name}`)) {
      if (processor.type === "grok-parser")
        this.add(
          where,
          "rules",
          splitRules(processor.grok.match_rules).map(({ name }) => name),
        );
      if (processor.type === "category-processor")
        this.add(
          where,
          "categories",
          processor.categories.map(({ name }) => name),
        );
    }
  }

  private add(where: string, kind: Coverage["kind"], names: string[]): void {
    this.parts.set(where, { kind, names, counts: names.map(() => 0), none: 0 });
  }

  private count(where: string, position: (names: readonly string[]) => number): void {
    const part = this.parts.get(where);
    if (part === undefined) return;
    const index = position(part.names);
    if (index < 0) part.none++;
    else part.counts[index]!++;
  }

  readonly watch: Pick<RunOptions, "parsed" | "categorized"> = {
    parsed: ({ where, result }) => this.count(where, (names) => (result.matched ? names.indexOf(result.rule) : -1)),
    categorized: ({ where, category }) => this.count(where, () => category),
  };

  /** In the order of the processors. */
  get results(): Coverage[] {
    return [...this.parts].map(([where, { kind, names, counts, none }]) => ({
      where,
      kind,
      counts: names.map((name, index) => ({ name, count: counts[index]! })),
      none,
    }));
  }
}

/** A table: for each processor, how many of its rules or categories were used, and then the count of each. */
export function coverageText(coverage: readonly Coverage[]): string {
  const lines = coverage.flatMap(({ where, kind, counts, none }) => [
    `  ${where}: ${counts.filter(({ count }) => count > 0).length} of ${counts.length} ${kind}`,
    ...counts.map(({ name, count }) => `${String(count).padStart(8)}  ${name}${count === 0 ? "  (never)" : ""}`),
    ...(none > 0 ? [`${String(none).padStart(8)}  no ${kind === "rules" ? "rule" : "category"}`] : []),
  ]);
  return lines.map((line) => `${line}\n`).join("");
}
