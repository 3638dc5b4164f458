import { parseArgs } from "node:util";
import { caret } from "../furthest";
import { nearest } from "../nearest";
import { type GrokParser, placedProcessors } from "../pipeline/definition";
import { parserOf } from "../pipeline/grok-parser";
import { compilePipeline, type Parsed } from "../pipeline/run";
import { printable } from "../printable";
import {
  type Command,
  CommandError,
  FAILED,
  inFile,
  linesIn,
  OK,
  originOf,
  originOptions,
  pipelineIn,
  UsageError,
} from "./command";

/** Rules that are explained without `--all`. */
const MOST_RULES = 3;

export const explain: Command = {
  usage: `grok explain FILE [LINE…] [--all] [--rule NAME] [--service NAME] [--source NAME]

Shows why lines do not match: for each Grok parser that reads a line, where its rules stopped, with a caret. The rule that matched
most of the line comes first. Without LINE, it reads the lines from standard input. The filter of the pipeline is ignored, those of
nested pipelines are not. The exit code is 1 if no rule of a parser matches a line, or no parser reads it.

  --all            explain all rules (default: the ${MOST_RULES} that matched most of the line)
  --rule NAME      explain only this match rule, also if another rule matches
  --service NAME   service of the lines (default: the service in the pipeline's filter)
  --source NAME    source of the lines (default: the source in the pipeline's filter)
`,
  async run(args, { input, out }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { all: { type: "boolean", default: false }, rule: { type: "string" }, ...originOptions },
    });
    const [file, ...lines] = positionals;
    if (file === undefined) throw new UsageError("give a file with a pipeline");
    const pipeline = pipelineIn(file);
    const origin = originOf(values, pipeline);
    const run = inFile(file, () => compilePipeline({ ...pipeline, is_enabled: true, filter: { query: "*" } }));
    if (values.rule !== undefined) requireRule(file, values.rule, placedProcessors(pipeline, ""));
    let unread = 0;
    for await (const line of lines.length > 0 ? lines : linesIn(input)) {
      const reads: Parsed[] = [];
      run({ message: line, ...origin }, { now: Date.now(), parsed: (parsed) => void reads.push(parsed) });
      out(`${printable(line)}\n`);
      for (const read of reads) out(explanation(read, values));
      if (reads.length === 0)
        out("  no Grok parser reads it: the attribute is missing, or the filter of a nested pipeline does not match\n");
      if (reads.length === 0 || reads.some(({ result }) => !result.matched)) unread++;
    }
    return unread > 0 ? FAILED : OK;
  },
};

function explanation(
  { where, source, text, result, parser }: Parsed,
  options: { all: boolean; rule?: string },
): string {
  const heading = `  ${where}${source === "message" ? "" : `, of ${source}`}: ${result.matched ? `rule ${result.rule} matches` : "no rule matches"}\n`;
  if (result.matched && options.rule === undefined && !options.all) return heading;
  const matching = parser.matching(text);
  const shown = parser
    .stops(text)
    .filter(({ matchRule }) => options.rule === undefined || matchRule === options.rule)
    .sort((a, b) => b.evidence - a.evidence);
  const explained = shown.slice(0, options.all ? undefined : MOST_RULES).map((stop) => {
    const later = result.matched && stop.matchRule !== result.rule ? `, but rule ${result.rule} comes first` : "";
    return matching.includes(stop.matchRule) ? `rule ${stop.matchRule} matches${later}` : caret(text, stop);
  });
  const rest = shown.length - explained.length;
  if (rest > 0) explained.push(`${rest} more with --all`);
  return heading + explained.map((each) => `${each}\n`.replace(/^(?=.)/gm, "    ")).join("\n");
}

/** @throws CommandError if no parser has the match rule */
function requireRule(file: string, rule: string, placed: ReturnType<typeof placedProcessors>): void {
  const parsers = placed
    .map(({ processor }) => processor)
    .filter((each): each is GrokParser => each.type === "grok-parser");
  const rules = parsers.flatMap((each) => parserOf(each).rules);
  if (!rules.includes(rule)) throw new CommandError(`${file} has no match rule ${rule}${nearest(rule, rules)}`);
}
