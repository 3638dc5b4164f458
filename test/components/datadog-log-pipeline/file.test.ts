import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse, stringify } from "yaml";
import { DatadogLogPipeline, logPipelineFrom, qnapPipeline } from "../../../components/datadog-log-pipeline";
import { checkFile, FIXTURE_CLOCK } from "../../../grok/check";
import { readStructure } from "../../../grok/pipeline/file";
import { UserError } from "../../../host/error";

const example = join(__dirname, "../../../docs/front-door.yaml");
const folder = mkdtempSync(join(tmpdir(), "kube-control-pipeline-"));
afterAll(() => rmSync(folder, { recursive: true }));

let made: { type: string; inputs: Record<string, any> }[] = [];
beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource({ type, name, inputs }) {
      made.push({ type, inputs });
      return { id: `${name}-id`, state: inputs };
    },
    call: () => ({}),
  }),
);
beforeEach(() => (made = []));

const settled = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

/** A changed copy of the example, as a file. */
function changed(change: (file: any) => void): string {
  const file = parse(stringify(readStructure(example)));
  change(file);
  const path = join(folder, "door.json");
  writeFileSync(path, JSON.stringify(file));
  return path;
}

/** The error of the preview for this file, with the name `door.json`. */
function failure(path: string): string {
  try {
    new DatadogLogPipeline("door", logPipelineFrom(path, "door.json"));
  } catch (error) {
    expect(error instanceof UserError || pulumi.ResourceError.isInstance(error)).toBe(true);
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

test("the example of the documentation passes in the command line and is deployed", async () => {
  const outcomes = checkFile(example, FIXTURE_CLOCK);
  expect(outcomes.map(({ differences, error }) => error ?? differences)).toEqual([[], [], []]);
  const { pipelineId } = new DatadogLogPipeline("door", logPipelineFrom(example));
  await settled(pipelineId);
  const { name, filters, processors } = made.find(({ type }) => type.endsWith(":LogsCustomPipeline"))!.inputs as any;
  expect([name, filters]).toEqual(["Front door", [{ query: "service:door" }]]);
  expect(processors.map((processor: object) => Object.keys(processor)[0])).toEqual([
    "grokParser",
    "dateRemapper",
    "pipeline",
    "categoryProcessor",
    "statusRemapper",
  ]);
  expect(processors[0].grokParser.samples).toEqual([
    "2026-11-24 07:30:00 anna opened front with card 17",
    "2026-11-24 07:31:00 ben opened back",
    "2026-11-24 23:59:59 ALARM back: forced",
  ]);
  expect(processors[2].pipeline.processors[0].grokParser).toMatchObject({ source: "key", samples: [] });
});

test("all samples are checked, five are deployed, and a parser keeps its own samples", async () => {
  const many = (file: any) => (file.tests = Array(6).fill(file.tests[1]));
  await settled(new DatadogLogPipeline("many", logPipelineFrom(changed(many))).pipelineId);
  const [parser] = made.find(({ type }) => type.endsWith(":LogsCustomPipeline"))!.inputs["processors"];
  expect(parser.grokParser.samples).toHaveLength(5);
  const sixth = (file: any) => {
    many(file);
    file.tests[5] = { ...file.tests[5], sample: "ben opened back" };
  };
  expect(failure(changed(sixth))).toContain("(door.json), sample 6, processor 1 (Door parser): no rule matches");

  made = [];
  const own = (file: any) => (file.pipeline.processors[0].samples = ["mine"]);
  await settled(new DatadogLogPipeline("own", logPipelineFrom(changed(own))).pipelineId);
  const inputs = made.find(({ type }) => type.endsWith(":LogsCustomPipeline"))!.inputs;
  expect(inputs["processors"][0].grokParser.samples).toEqual(["mine"]);
});

describe("an error names the file for", () => {
  test("all samples that fail, each with its line, its rule and the differences", () => {
    const spoil = ({ tests }: any) => {
      tests[0].result.custom.user = "ben";
      tests[0].result.status = "warn";
      tests[1].sample = "2026-11-24 07:31:00 ben opens back";
      tests[2].result.custom.room = 3;
    };
    expect(failure(changed(spoil))).toBe(
      [
        'log pipeline "Front door" (door.json): 3 of 3 samples fail',
        "  1. sample 1: rules opened, card give values that are not expected in",
        "      2026-11-24 07:30:00 anna opened front with card 17",
        '      - user = "anna" instead of "ben"',
        '      - status = "info" instead of "warn"',
        "  2. sample 2, processor 1 (Door parser): no rule matches this line:",
        "      2026-11-24 07:31:00 ben opens back",
        "                                  ^",
        '      column 29: rule opened (column 26) expected " opened "',
        '      but found "s back"',
        "  3. sample 3: rule alarm gives room = null instead of 3 in",
        "      2026-11-24 23:59:59 ALARM back: forced",
        "  correct the rules or the samples",
      ].join("\n"),
    );
  });

  test("invalid rules of several parsers, each with its column and a caret", () => {
    const spoil = ({ pipeline: { processors } }: any) => {
      processors[0].grok.match_rules = "opened %{wrd:user}";
      processors[2].processors[0].grok.match_rules = "card card %{integer:card.number";
    };
    const message = failure(changed(spoil));
    expect(message).toContain('log pipeline "Front door" (door.json): 2 parsers have invalid rules\n');
    expect(message).toContain(
      [
        "  1. processor 1 (Door parser): rule opened, column 1: unknown matcher or rule wrd; did you mean word?",
        "      %{wrd:user}",
        "      ^",
        "  2. processor 3 (Keys), processor 1 (Key parser): rule card, column 6: ",
      ].join("\n"),
    );
  });

  test("an invalid search, an unknown attribute, and a limit", () => {
    const category = ({ pipeline }: any) => (pipeline.processors[3].categories[0].filter.query = "(");
    expect(failure(changed(category))).toMatch(
      /^log pipeline "Front door" \(door\.json\), processor 4 \(Level\), category critical: column 2: /,
    );
    const facets = () =>
      new DatadogLogPipeline("f", { ...logPipelineFrom(example, "door.yaml"), facets: ["card.numbr"] });
    expect(facets).toThrow(
      "(door.yaml), facet card.numbr: the pipeline does not set the attribute card.numbr; did you mean card.number?",
    );
    expect(failure(changed((file) => (file.tests = [])))).toContain("(door.json): it has no samples");
  });

  test("the rules of the QNAP NAS", () => {
    const pipeline = qnapPipeline();
    const samples = [...pipeline.samples.slice(1), { line: "Users: x" }];
    expect(() => new DatadogLogPipeline("q", { ...pipeline, samples })).toThrow(
      `log pipeline "QNAP NAS" (components/datadog-log-pipeline/qnap.ts), sample ${samples.length}: no rule matches this line:`,
    );
  });

  test("a file that is not a pipeline file, or does not exist", () => {
    const path = join(folder, "empty.yaml");
    writeFileSync(path, "pipeline: {}\n");
    expect(() => logPipelineFrom(path, "empty.yaml")).toThrow(
      'pipeline file empty.yaml: it has no list of "tests"\n  check it with `npm run grok -- test empty.yaml`',
    );
    expect(() => logPipelineFrom("nowhere.yaml")).toThrow("pipeline file nowhere.yaml: it cannot be read (ENOENT)");
  });
});

test("a sample with the expected result passes without a matching rule", () => {
  const line = "the bell rings";
  const add = (file: any) => {
    file.tests.push({
      sample: line,
      result: { custom: {}, message: line, tags: ["source:LOGS_SOURCE"], timestamp: 1 },
    });
  };
  expect(() => new DatadogLogPipeline("bell", logPipelineFrom(changed(add)))).not.toThrow();
});
