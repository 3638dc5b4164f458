import * as pulumi from "@pulumi/pulumi";
import * as datadog from "@pulumi/datadog";
import {
  DatadogLogPipeline,
  type DatadogLogPipelineArgs,
  explorerOf,
  type LogPipeline,
  qnapPipeline,
} from "../../components/datadog-log-pipeline";
import { UserError } from "../../host/error";

interface Recorded {
  type: string;
  name: string;
  inputs: Record<string, any>;
  provider?: string;
}
let recorded: Recorded[] = [];

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource({ type, name, inputs, provider }) {
      recorded.push({ type, name, inputs, provider });
      return { id: `${name}-id`, state: inputs };
    },
    call: () => ({}),
  }),
);
beforeEach(() => (recorded = []));

const settled = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

const SIMPLE: LogPipeline = {
  name: "Simple",
  filter: "service:simple",
  parser: { name: "Parser", matchRules: "one %{word:user} did %{word:action}", supportRules: "" },
  samples: [{ line: "anna did read" }],
};
const make = (change: Partial<DatadogLogPipelineArgs>) => () =>
  new DatadogLogPipeline("simple", { ...SIMPLE, ...change });

function failure(change: Partial<DatadogLogPipelineArgs>): string {
  try {
    make(change)();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

describe("the QNAP NAS's pipeline", () => {
  async function up() {
    const provider = new datadog.Provider("lab", { apiKey: "k", appKey: "a" });
    const component = new DatadogLogPipeline("qnap-nas", qnapPipeline({ timezone: "Asia/Singapore" }), {
      provider,
    });
    const id = await settled(component.pipelineId);
    return {
      component,
      id,
      pipeline: recorded.find(({ type }) => type === "datadog:index/logsCustomPipeline:LogsCustomPipeline")!,
    };
  }

  test("is one resource with the seed's names, under the provider given", async () => {
    const { component, id, pipeline } = await up();
    expect(recorded.map(({ type }) => type)).toContain("kube-control:index:DatadogLogPipeline");
    expect(pipeline.name).toBe("qnap-nas-pipeline");
    expect(pipeline.provider).toContain("lab");
    expect(pipeline.inputs).toMatchObject({
      name: "QNAP NAS",
      isEnabled: true,
      filters: [{ query: "service:qnap-nas" }],
    });
    expect(id).toBe("qnap-nas-pipeline-id");
    const urn = await settled(component.urn);
    expect(urn).toContain("kube-control:index:DatadogLogPipeline::qnap-nas");
  });

  test("parses, dates and rates, in this order", async () => {
    const { pipeline } = await up();
    const [parser, date, category, status, ...more] = pipeline.inputs.processors;
    expect(more).toEqual([]);
    expect(parser.grokParser).toMatchObject({ name: "QNAP NAS Log Parser", isEnabled: true, source: "message" });
    expect(date.dateRemapper.sources).toEqual(["date"]);
    expect(category.categoryProcessor.target).toBe("severity");
    expect(category.categoryProcessor.categories.map(({ name }: { name: string }) => name)).toEqual([
      "emergency",
      "alert",
      "critical",
      "error",
      "warning",
      "notice",
      "informational",
      "debug",
    ]);
    expect(category.categoryProcessor.categories[4].filter.query).toMatch(/^@priority:\(4 OR 12 OR 20 OR 28 .* 188\)$/);
    expect(status.statusRemapper.sources).toEqual(["severity"]);
  });

  test("has the match rules in order, the support rules, and samples that Datadog takes", async () => {
    const { pipeline } = await up();
    const { grok, samples } = pipeline.inputs.processors[0].grokParser;
    const names = (rules: string) =>
      rules
        .split("\n")
        .filter((line) => /^\w/.test(line))
        .map((line) => line.split(" ")[0]);
    expect(names(grok.matchRules)).toEqual(["QNAP_Conn", "QNAP_Event", "QNAP_Conn_body", "QNAP_Event_body"]);
    expect(grok.matchRules).toContain(
      "QNAP_Conn %{QNAP_initial} %{QNAP_conn_log}\nQNAP_Event %{QNAP_initial} %{QNAP_event_log}",
    );
    expect(names(grok.supportRules)).toEqual(
      expect.arrayContaining(["QNAP_initial", "QNAP_conn_log", "QNAP_event_log"]),
    );
    expect(grok.supportRules).toContain('%{date("MMM dd HH:mm:ss", "Asia/Singapore"):date}');
    expect(samples.length).toBeGreaterThan(0);
    expect(samples.length).toBeLessThanOrEqual(5);
    for (const sample of samples) expect(sample.trim()).not.toBe("");
  });

  test("names its facets, each with a link to the explorer", async () => {
    const { component } = await up();
    expect(component.facets.map(({ attribute }) => attribute)).toEqual([
      "action",
      "computer_name",
      "connection_type",
      "host",
      "source_ip",
      "user",
    ]);
    const url = new URL(component.facets[0]!.explorerUrl);
    expect(url.origin + url.pathname).toBe("https://app.datadoghq.com/logs");
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      query: "service:qnap-nas",
      agg_q: "@action",
      viz: "toplist",
    });
  });
});

test("the explorer is the site's own, or the one given", () => {
  expect(explorerOf("datadoghq.eu")).toBe("https://app.datadoghq.eu/logs");
  expect(explorerOf("us3.datadoghq.com")).toBe("https://us3.datadoghq.com/logs");
  const { facets } = make({ facets: ["user"], explorerUrl: "http://192.168.2.10:8082/logs" })();
  expect(facets[0]!.explorerUrl).toMatch(/^http:\/\/192\.168\.2\.10:8082\/logs\?/);
});

describe("refused before anything is made", () => {
  afterEach(() => expect(recorded.filter(({ type }) => type.startsWith("datadog:"))).toEqual([]));

  test("a sample that no rule matches, with a caret where matching stopped", () => {
    expect(failure({ samples: [{ line: "anna did read" }, { line: "anna dod write" }] })).toBe(
      [
        'log pipeline "Simple", sample 2: no rule matches this line:',
        "    anna dod write",
        "          ^",
        '    column 7: rule one (column 13) expected " did "',
        '    but found "od write"',
        "  mend the rule, or remove the sample",
      ].join("\n"),
    );
  });

  test("a sample with other values than it says", () => {
    expect(failure({ samples: [{ line: "anna did read", attributes: { user: "anna", action: "write" } }] })).toContain(
      'sample 1: rule one finds action = "read" where "write" is expected in\n    anna did read',
    );
    expect(failure({ samples: [{ line: "anna did read", attributes: { user: null } }] })).toContain(
      'user = "anna" where null is expected',
    );
  });

  test("a facet that no rule yields, with the nearest that one does", () => {
    expect(failure({ facets: ["user", "acton"] })).toContain(
      "facet acton: no rule yields the attribute acton; did you mean action?",
    );
    expect(failure({ facets: ["acton"] })).toContain("the rules yield action, user");
  });

  test("a bad rule, with a caret in the rule", () => {
    expect(failure({ parser: { name: "P", matchRules: "one a %{wrd:user}" } })).toBe(
      [
        'log pipeline "Simple", parser "P": rule one, column 3: no matcher or rule is called wrd; did you mean word?',
        "    a %{wrd:user}",
        "      ^",
      ].join("\n"),
    );
  });

  test.each<[string, Partial<DatadogLogPipelineArgs>, string]>([
    ["no sample", { samples: [] }, "there is no sample"],
    ["six samples", { samples: Array(6).fill({ line: "a did b" }) }, "there are 6 samples"],
    ["an empty sample", { samples: [{ line: "  " }] }, "sample 1: the line is empty"],
    [
      "a sample too long",
      { samples: [{ line: `a did ${"b".repeat(5000)}` }] },
      "sample 1: the line has 5006 characters",
    ],
    [
      "eleven rules",
      { parser: { name: "P", matchRules: "one %{data:user}\n".repeat(11) } },
      "there are 11 match rules",
    ],
    [
      "a bad processor",
      {
        processors: [
          { type: "category-processor", name: "c", target: "t", categories: [{ name: "x", filter: { query: "(" } }] },
        ],
      },
      "processor 2 (c), category x: column 2",
    ],
    [
      "21 processors",
      { processors: Array(20).fill({ type: "date-remapper", sources: ["d"] }) },
      "there are 21 processors",
    ],
  ])("%s", (_what, change, message) => {
    expect(failure(change)).toContain(message);
  });

  test("a time zone that is none", () => {
    expect(() => new DatadogLogPipeline("q", qnapPipeline({ timezone: "Asia/Singapur" }))).toThrow(
      /rule QNAP_date.*"Asia\/Singapur" is no time zone/,
    );
  });
});
