import { describe, type Outcome, passed } from "../check";

/** The results of samples as JUnit XML: a suite for each file, and a case for each sample. */
export function junit(outcomes: readonly Outcome[]): string {
  const files = [...new Set(outcomes.map(({ file }) => file))];
  const failed = outcomes.filter((each) => !passed(each)).length;
  const suites = files.map((file) =>
    suite(
      file,
      outcomes.filter((each) => each.file === file),
    ),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="grok" tests="${outcomes.length}" failures="${failed}">`,
    ...suites,
    "</testsuites>\n",
  ].join("\n");
}

function suite(file: string, outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter((each) => !passed(each)).length;
  const cases = outcomes.map((each) => {
    const name = escape(`sample ${each.number}: ${each.sample.slice(0, 100)}`);
    const start = `    <testcase classname="${escape(file)}" name="${name}"`;
    if (passed(each)) return `${start}/>`;
    const message = escape(each.error ?? `differs at ${each.differences.map(({ path }) => path).join(", ")}`);
    return `${start}>\n      <failure message="${message}">${escape(describe(each))}</failure>\n    </testcase>`;
  });
  const name = `name="${escape(file)}" tests="${outcomes.length}" failures="${failed}"`;
  return [`  <testsuite ${name}>`, ...cases, "  </testsuite>"].join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** As XML text. Characters that XML does not allow become U+FFFD. */
function escape(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (char) => ENTITIES[char]!);
}
