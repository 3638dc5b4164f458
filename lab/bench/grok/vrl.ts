import { join } from "node:path";
import { parseArgs } from "node:util";
import { compileParser } from "../../../grok/parser";
import { rulesByName, splitRules } from "../../../grok/rules";
import { LabError } from "../../base/error";
import { median } from "../../base/figures";
import { placeOf } from "../../base/place";
import { inTerminal, run, stopOnSignals } from "../../base/process";
import { markdownTable, type Table } from "../../base/table";
import { parseTrials } from "../../base/trials";
import { commonOptions, counted, machine, publish, writeJson } from "../results";
import { parseOptions, type PipelineFile, readPipelines, timed } from "./rule-sets";

/** The first Grok parser of a pipeline, if it reads the message, and the pipeline's lines. */
interface Case {
  readonly name: string;
  readonly matchRules: string;
  readonly supportRules: string;
  readonly lines: readonly string[];
}

/** Which lines matched, and the microseconds of processor time per line; VRL may refuse the rules. */
type Result = { readonly matched: readonly boolean[]; readonly microseconds: number } | { readonly error: string };

interface Ratio {
  readonly name: string;
  readonly lines: number;
  readonly ours: number;
  readonly vrl: number;
}

/** Lines in one measurement: one pass over a few lines is too short. */
const LINES = 4000;
/** Measurements before those that count. Node.js compiles functions meanwhile. */
const WARM_UP = 5;
/** Parsers in the second table: those with the highest ratios. */
const SHOWN = 6;

/** `bench grok-vrl [DIR] [--trials N] [--json FILE] [--markdown FILE]` */
export function grokVrl(args: readonly string[]): () => Promise<void> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: commonOptions });
  const trials = parseTrials(values.trials ?? "7");
  const [folder] = positionals;
  if (positionals.length > 1) throw new LabError(`more than one folder is given: ${positionals.join(" ")}`);
  const groups = {
    QNAP: readPipelines(undefined).flatMap(casesOf),
    ...(folder === undefined ? {} : { [folder]: readPipelines(folder).flatMap(casesOf) }),
  };
  return async () => {
    stopOnSignals();
    const program = await build();
    const ratios: Record<string, Ratio[]> = {};
    const total: Record<string, number> = {};
    for (const [name, cases] of Object.entries(groups)) {
      ratios[name] = await compare(program, cases, trials);
      total[name] = cases.length;
    }
    const tables = [summary(ratios, total), worst(Object.values(ratios).flat())];
    writeJson(values, { machine: machine(), trials, ratios });
    publish(values, "grok-vrl", tables, (on) => asMarkdown(tables, trials, folder, on));
  };
}

function casesOf({ name, pipeline, lines }: PipelineFile): Case[] {
  const first = pipeline.processors.find(({ type }) => type === "grok-parser");
  if (first?.type !== "grok-parser" || first.source !== "message" || lines.length === 0) return [];
  const { match_rules: matchRules, support_rules: supportRules } = first.grok;
  // Datadog's rules and ours ignore blanks around a line, VRL's do not
  return [{ name, matchRules, supportRules, lines: lines.map((line) => line.trim()) }];
}

/** Builds the program that times VRL. */
async function build(): Promise<string> {
  const target = join(placeOf().folder, "grok-vrl");
  const manifest = join(__dirname, "vrl", "Cargo.toml");
  const args = ["build", "--release", "--locked", "--manifest-path", manifest, "--target-dir", target];
  const remedy =
    "Install Rust 1.95 or newer with cargo (https://rustup.rs) and a C compiler, and run the command again.";
  await run("cargo", ["--version"], { remedy });
  process.stderr.write("building the program that times VRL; the first time takes some minutes …\n");
  if ((await inTerminal("cargo", args)) !== 0) throw new LabError("cargo build failed (see above)", remedy);
  return join(target, "release", "grok-vrl");
}

/** The ratios of the cases in which both match the same lines. */
async function compare(program: string, cases: readonly Case[], trials: number): Promise<Ratio[]> {
  const input = cases.map(({ matchRules, supportRules, lines }) => {
    const matching = splitRules(matchRules);
    return {
      patterns: matching.map(({ pattern }) => pattern),
      aliases: Object.fromEntries(
        [...rulesByName(splitRules(supportRules), matching)].map(([name, { pattern }]) => [name, pattern]),
      ),
      lines,
      rounds: roundsOf(lines),
      trials,
    };
  });
  const theirs = (await run(program, [], { input: JSON.stringify(input) }))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Result);
  return cases.flatMap((each, index) => {
    const vrl = theirs[index]!;
    if ("error" in vrl) return [];
    const ours = measure(each, trials);
    if (ours.matched.some((matched, line) => matched !== vrl.matched[line])) return [];
    return [{ name: each.name, lines: each.lines.length, ours: ours.microseconds, vrl: vrl.microseconds }];
  });
}

function measure({ matchRules, supportRules, lines }: Case, trials: number) {
  const parser = compileParser({ matchRules, supportRules });
  const matched = lines.map((line) => parser.parse(line, parseOptions).matched);
  const rounds = roundsOf(lines);
  const round = () => {
    for (let count = 0; count < rounds; count++) for (const line of lines) parser.parse(line, parseOptions);
  };
  for (let count = 0; count < WARM_UP; count++) round();
  const times = Array.from({ length: trials }, () => timed(round));
  return { matched, microseconds: (median(times) * 1000) / rounds / lines.length };
}

const roundsOf = (lines: readonly string[]) => Math.ceil(LINES / lines.length);

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const ratioOf = ({ ours, vrl }: Ratio) => ours / vrl;
const times = (ratio: number) => ratio.toFixed(2);

function summary(groups: Readonly<Record<string, readonly Ratio[]>>, total: Readonly<Record<string, number>>): Table {
  return [
    ["rules", "parsers with equal matches", "lines", "µs a line", "VRL's", "total", "median", "worst"],
    ...Object.entries(groups).map(([name, all]) => {
      if (all.length === 0) return [name, `0 of ${total[name]}`, "-", "-", "-", "-", "-", "-"];
      const lines = sum(all.map((each) => each.lines));
      const [ours, vrl] = (["ours", "vrl"] as const).map((by) => sum(all.map((each) => each[by] * each.lines)));
      const ratios = all.map(ratioOf);
      return [
        name,
        `${all.length} of ${total[name]}`,
        String(lines),
        (ours! / lines).toFixed(1),
        (vrl! / lines).toFixed(1),
        ...[ours! / vrl!, median(ratios), Math.max(...ratios)].map(times),
      ];
    }),
  ];
}

function worst(all: readonly Ratio[]): Table {
  const shown = [...all].sort((a, b) => ratioOf(b) - ratioOf(a)).slice(0, SHOWN);
  return [
    ["highest ratios", "lines", "µs a line", "VRL's", "ratio"],
    ...shown.map((each) => [
      each.name,
      String(each.lines),
      each.ours.toFixed(1),
      each.vrl.toFixed(1),
      times(ratioOf(each)),
    ]),
  ];
}

function asMarkdown(tables: readonly Table[], trials: number, folder: string | undefined, on: string): string {
  return `## Grok against VRL

\`npm run bench -- grok-vrl${folder === undefined ? "" : ` ${folder}`}\`, medians of ${counted(trials, "trial")}. ${on}.

${tables.map(markdownTable).join("\n\n")}

- **Compared**: the first Grok parser of each pipeline that reads the message, with Vector's implementation of Datadog's Grok
  (the crate \`vrl\`). Same rules, same lines, one run, one core each.
- **Times**: processor time per line after warm-up, including garbage collection, and conversions and filters of the attributes.
- **Equal matches**: parsers that VRL refuses are left out, and those in which it does not match the same lines.
- **total**: the ratio of the sums over all lines. Below 1, this project is faster.`;
}
