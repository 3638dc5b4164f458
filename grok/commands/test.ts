import { parseArgs } from "node:util";
import { jsonText } from "../attributes";
import { checkFile, describe, filesOf, FIXTURE_CLOCK, type Outcome, passed, PathError } from "../check";
import { CoverageCounter, coverageText } from "../coverage";
import { PipelineFileError } from "../pipeline/file";
import { beyondRecommendations } from "../pipeline/recommendations";
import { ProcessorError } from "../pipeline/run";
import { withDefaults } from "../pipeline/shape";
import { readSource } from "../pipeline/source";
import { RuleError } from "../rules";
import { junit } from "../reports/junit";
import { type Finding, sarif } from "../reports/sarif";
import { updated } from "../update";
import { type Command, FAILED, OK, type Terminal, timeOf, UNUSABLE, UsageError, write } from "./command";

export const test: Command = {
  usage: `grok test FILE_OR_FOLDER… [--update] [--coverage] [--junit FILE] [--sarif FILE] [--json] [--now TIME]

Runs the samples of files {name, pipeline, tests: [{sample, result, service?, tags?}]} in JSON or YAML, compares each log with
the expected result, prints the differences, and then "N passed, N failed". Standard error has warnings.

  --update       write the logs that were found into the files as the expected results; read the changes before you commit them
  --coverage     print how many samples each rule of a parser, and each category of a category processor, matched
  --junit FILE   write the results as JUnit XML
  --sarif FILE   write the failures as SARIF 2.1.0
  --json         print one JSON object per sample
  --now TIME     current time in ISO 8601, to complete dates without a year
                 (default: 1970-12-31T12:00Z, as in Datadog's own tests)
`,
  run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        update: { type: "boolean", default: false },
        coverage: { type: "boolean", default: false },
        junit: { type: "string" },
        sarif: { type: "string" },
        json: { type: "boolean", default: false },
        now: { type: "string" },
      },
    });
    if (positionals.length === 0) throw new UsageError("give files or folders with pipelines and their tests");
    const now = timeOf(values.now) ?? FIXTURE_CLOCK;
    const all: Outcome[] = [];
    let unusable = false;
    for (const path of positionals) {
      try {
        for (const file of filesOf([path])) all.push(...testFile(file, { ...values, now }, terminal));
      } catch (error) {
        if (!(error instanceof PathError)) throw error;
        unusable = true;
        terminal.err(`error: ${error.message}\n`);
        all.push({ file: path, number: 1, sample: "", differences: [], error: error.message });
      }
    }
    if (values.junit !== undefined) write(values.junit, junit(all));
    if (values.sarif !== undefined) write(values.sarif, sarif(all.filter((each) => !passed(each)).map(findingOf)));
    const failed = all.filter((each) => !passed(each)).length;
    const totals = { passed: all.length - failed, failed };
    terminal.out(values.json ? `${JSON.stringify(totals)}\n` : `${totals.passed} passed, ${failed} failed\n`);
    return unusable ? UNUSABLE : failed > 0 ? FAILED : OK;
  },
};

interface Options {
  readonly update: boolean;
  readonly coverage: boolean;
  readonly json: boolean;
  readonly now: number;
}

/** Runs and prints the samples of a file. */
function testFile(file: string, { update, coverage, json, now }: Options, { out, err }: Terminal): Outcome[] {
  if (update) {
    const { text = "", changed = 0 } = ifValid(() => updated(file, now)) ?? {};
    if (changed > 0) {
      write(file, text);
      err(`${file}: wrote ${changed === 1 ? "1 result" : `${changed} results`}\n`);
    }
  }
  let counter: CoverageCounter | undefined;
  const outcomes = checkFile(file, now, (definition) => {
    counter = ifValid(() => {
      const pipeline = withDefaults(definition);
      for (const warning of beyondRecommendations(pipeline)) err(`${file}: warning: ${warning}\n`);
      return coverage ? new CoverageCounter(pipeline) : undefined;
    });
    return counter?.watch;
  });
  for (const outcome of outcomes) {
    if (json) out(`${jsonText({ ...outcome, passed: passed(outcome) })}\n`);
    // The error of a file is that of all its samples.
    else if (!passed(outcome) && (outcome.error === undefined || outcome.number === 1)) out(`${describe(outcome)}\n`);
  }
  if (counter !== undefined && outcomes.every(({ error }) => error === undefined)) {
    const { results } = counter;
    out(json ? `${JSON.stringify({ file, coverage: results })}\n` : `${file}, coverage\n${coverageText(results)}`);
  }
  return outcomes;
}

/** Undefined if the pipeline is not valid: `checkFile` reports that. */
function ifValid<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof PipelineFileError || error instanceof ProcessorError || error instanceof RuleError)
      return undefined;
    throw error;
  }
}

function findingOf(outcome: Outcome): Finding {
  const { file, number, error, line } = outcome;
  const invalid = error !== undefined;
  return {
    file,
    line: line ?? lineOf(file, invalid ? [] : ["tests", number - 1]),
    level: "error",
    code: invalid ? "invalid-file" : "unexpected-result",
    message: describe(outcome),
  };
}

function lineOf(file: string, path: readonly (string | number)[]): number | undefined {
  try {
    return readSource(file).lineOf(path);
  } catch {
    return undefined;
  }
}
