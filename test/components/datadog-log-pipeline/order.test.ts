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
/** Functions that were called, in their order among what was made. */
let asked: string[] = [];
/** Datadog's pipelines: id and name. */
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

/** Makes the pipeline `simple-pipeline-id`; returns the order's list, undefined where no order is set. */
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

test("with none, the order is neither asked for nor set", async () => {
  expect(await order()).toBeUndefined();
  expect(asked.filter((name) => name.startsWith("getLogs"))).toEqual([]);
});

test("the present list is set with ours alone moved, once the pipeline is made", async () => {
  expect(await order("first")).toEqual(["simple-pipeline-id", "n1", "s1", "h1"]);
  expect(asked).toEqual(["simple", "simple-pipeline", "getLogsPipelinesOrder", "simple-order"]);
  expect(made.find(({ name }) => name === "simple-order")?.inputs["name"]).toBe("simple-order");
});

test("another pipeline is named by its id or its name, the id first", async () => {
  expect(await order({ before: "NGINX" })).toEqual(["simple-pipeline-id", "n1", "s1", "h1"]);
  made = [];
  expect(await order({ after: "h1" })).toEqual(["n1", "s1", "h1", "simple-pipeline-id"]);
  made = [];
  present.push(["x1", "h1"]);
  expect(await order({ after: "h1" })).toEqual(["n1", "s1", "h1", "simple-pipeline-id", "x1"]);
});

test("where ours fits, the list is the present one", async () => {
  expect(await order({ after: "NGINX" })).toEqual(["n1", "s1", "simple-pipeline-id", "h1"]);
});

test("a preview asks nobody before the pipeline has an id", async () => {
  await engine(true);
  await order({ before: "NGINX" });
  expect(asked).not.toContain("getLogsPipelinesOrder");
  expect(asked).not.toContain("getLogsPipelines");
  expect(made.map(({ name }) => name)).toContain("simple-order");
});

describe("refused:", () => {
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
    ["a name near others", { before: "Nginks" }, 'Datadog has no other pipeline "Nginks"\n  did you mean "NGINX"?'],
    ["a name near none", { after: "Apache" }, "give an id or the exact name of one: NGINX, Syslog, Hosts"],
    ["its own name", { before: "Simple" }, 'no other pipeline "Simple"'],
  ])("%s", (_what, given, message) => {
    expect(named(given)).toThrow(UserError);
    expect(named(given)).toThrow(/^log pipeline "Simple", order: /);
    expect(named(given)).toThrow(message);
  });

  test("a name that two have, whose ids are told", () => {
    present.push(["n2", "NGINX"]);
    expect(named({ before: "NGINX" })).toThrow('2 pipelines are called "NGINX"\n  give the id of one: n1, n2');
    expect(named({ before: "n2" })()).toEqual({ before: "n2" });
  });
});
