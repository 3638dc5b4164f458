import * as pulumi from "@pulumi/pulumi";
import {
  DatadogLogPipeline,
  type DatadogLogPipelineArgs,
  orderArgs,
  type PipelineOrder,
} from "../../../components/datadog-log-pipeline";
import { byId } from "../../../components/datadog-log-pipeline/order";
import { UserError } from "../../../host/error";

interface Made {
  type: string;
  name: string;
  inputs: Record<string, any>;
  provider?: string;
}
let made: Made[] = [];
/** Functions and resources, in the order of their calls. */
let asked: string[] = [];
/** The pipelines in Datadog: id and name. */
let present: [id: string, name: string][] = [];

function engine(preview: boolean) {
  return pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs, provider }) {
        made.push({ type, name, inputs, provider });
        asked.push(name);
        return { id: preview ? undefined : `${name}-id`, state: inputs };
      },
      call({ token }) {
        asked.push(token.split(":").at(-1)!);
        return token.endsWith(":getLogsPipelinesOrder")
          ? { id: "x", pipelineIds: present.map(([id]) => id) }
          : { id: "x", logsPipelines: present.map(([id, name]) => ({ id, name })) };
      },
    },
    "kube-control",
    "test",
    preview,
  );
}

const SIMPLE: DatadogLogPipelineArgs = {
  name: "Simple",
  filter: "service:simple",
  parser: { name: "Parser", matchRules: "one %{word:user}" },
  samples: [{ line: "anna" }],
};

/** Creates the pipeline `simple-pipeline-id` and returns the list of its order, or undefined without an order. */
async function order(order?: PipelineOrder): Promise<string[] | undefined> {
  new DatadogLogPipeline("simple", { ...SIMPLE, order: orderArgs(order) });
  await pulumi.runtime.disconnect();
  return made.find(({ type }) => type === "datadog:index/logsPipelineOrder:LogsPipelineOrder")?.inputs["pipelines"];
}

beforeEach(async () => {
  await engine(false);
  [made, asked] = [[], []];
  present = [
    ["n1", "NGINX"],
    ["s1", "Syslog"],
    ["simple-pipeline-id", "Simple"],
    ["h1", "Hosts"],
  ];
});

test("without an order, the order is not read and not set", async () => {
  expect(await order()).toBeUndefined();
  expect(asked.filter((name) => name.startsWith("getLogs"))).toEqual([]);
});

test("after the pipeline is created, only its own position changes in the present order", async () => {
  expect(await order("first")).toEqual(["simple-pipeline-id", "n1", "s1", "h1"]);
  expect(asked).toEqual(["simple", "simple-pipeline", "getLogsPipelinesOrder", "simple-order"]);
  expect(made.find(({ name }) => name === "simple-order")?.inputs["name"]).toBe("simple-order");
});

test("another pipeline is found by its id, then by its name", async () => {
  expect(await order({ before: "NGINX" })).toEqual(["simple-pipeline-id", "n1", "s1", "h1"]);
  made = [];
  expect(await order({ after: "h1" })).toEqual(["n1", "s1", "h1", "simple-pipeline-id"]);
  made = [];
  present.push(["x1", "h1"]);
  expect(await order({ after: "h1" })).toEqual(["n1", "s1", "h1", "simple-pipeline-id", "x1"]);
});

test("the order does not change if the present position is allowed", async () => {
  expect(await order({ after: "NGINX" })).toEqual(["n1", "s1", "simple-pipeline-id", "h1"]);
});

test("a preview does not call Datadog before the pipeline has an id", async () => {
  await engine(true);
  await order({ before: "NGINX" });
  expect(asked).not.toContain("getLogsPipelinesOrder");
  expect(asked).not.toContain("getLogsPipelines");
  expect(made.map(({ name }) => name)).toContain("simple-order");
});

describe("refused", () => {
  const listed = () => present.map(([id, name]) => ({ id, name }));
  const named = (given: PipelineOrder) => () =>
    byId(
      given,
      "simple-pipeline-id",
      present.map(([id]) => id),
      listed(),
      'log pipeline "Simple", order',
    );

  test.each<[string, PipelineOrder, string]>([
    [
      "a name that is similar to another",
      { before: "Nginks" },
      'there is no other pipeline "Nginks" in Datadog\n  did you mean "NGINX"?',
    ],
    [
      "a name that is not similar to any",
      { after: "Apache" },
      "use the id or the exact name of one: NGINX, Syslog, Hosts",
    ],
    ["its own name", { before: "Simple" }, 'no other pipeline "Simple"'],
  ])("%s", (_what, given, message) => {
    expect(named(given)).toThrow(UserError);
    expect(named(given)).toThrow(/^log pipeline "Simple", order: /);
    expect(named(given)).toThrow(message);
  });

  test("a name of two pipelines, with their ids", () => {
    present.push(["n2", "NGINX"]);
    expect(named({ before: "NGINX" })).toThrow('2 pipelines have the name "NGINX"\n  use the id of one: n1, n2');
    expect(named({ before: "n2" })()).toEqual({ before: "n2" });
  });
});
