import { parseArgs } from "node:util";
import { filesOf, PathError } from "../check";
import { type LintFinding, placeIn } from "../lint/finding";
import { lintFile } from "../lint/lint";
import { sarif } from "../reports/sarif";
import { type Command, FAILED, OK, UNUSABLE, UsageError, write } from "./command";

export const lint: Command = {
  usage: `grok lint FILE_OR_FOLDER… [--sarif FILE] [--json]

Finds mistakes in pipelines: what Datadog refuses, rules that can never be used, and hints: rules that earlier rules hide from all
samples, helper rules and sources that nothing uses or sets, unknown fields, rules that backtrack much, and more than Datadog
recommends.
The exit code is 1 if there are errors, and 0 if there are only hints.

  --sarif FILE   write the findings as SARIF 2.1.0
  --json         print one JSON object per finding
`,
  run(args, { out }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { sarif: { type: "string" }, json: { type: "boolean", default: false } },
    });
    if (positionals.length === 0) throw new UsageError("give files or folders with pipelines");
    const findings: LintFinding[] = [];
    let unusable = false;
    for (const path of positionals) {
      try {
        findings.push(...filesOf([path]).flatMap(lintFile));
      } catch (error) {
        if (!(error instanceof PathError)) throw error;
        unusable = true;
        findings.push({ file: path, level: "error", code: "invalid-file", message: error.message });
      }
    }
    for (const finding of findings) out(`${values.json ? JSON.stringify(finding) : text(finding)}\n`);
    if (values.sarif !== undefined)
      write(values.sarif, sarif(findings.map((each) => ({ ...each, message: `${placeIn(each)}${each.message}` }))));
    const errors = findings.filter(({ level }) => level === "error").length;
    const totals = { errors, hints: findings.length - errors };
    out(values.json ? `${JSON.stringify(totals)}\n` : `${totals.errors} errors, ${totals.hints} hints\n`);
    return unusable ? UNUSABLE : errors > 0 ? FAILED : OK;
  },
};

const text = (finding: LintFinding) => {
  const { file, line, level, code, message } = finding;
  return `${file}${line === undefined ? "" : `:${line}`}: ${level}: ${placeIn(finding)}${message} (${code})`;
};
