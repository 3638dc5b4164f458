import { UserError } from "../../host/error";
import { notedInState } from "../../host/noted";
import { record } from "../recorder";

const readState = "pulumi:pulumi:readStackResourceOutputs";
const urn = (types: string, name: string) => `urn:pulumi:test::kube-control::${types}::${name}`;

/** The function `isNoted` for a state with these resources, and the plugin functions that were called. */
async function toldOf(urns: readonly string[], preview = false) {
  const asked: string[] = [];
  const answers = (token: string) => {
    asked.push(token);
    return token === readState
      ? { name: "test", outputs: Object.fromEntries(urns.map((one) => [one, { type: "t", outputs: {} }])) }
      : undefined;
  };
  const engine = { newResource: () => ({ id: "id", state: {} }), answers, preview };
  const { result } = await record(engine, async () => ({ isNoted: await notedInState() }));
  return { ...result, asked };
}

test("a resource of the state is noted, with and without a parent", async () => {
  const { isNoted } = await toldOf([
    urn("kube-control:index:DatadogLogPipeline$datadog:index/monitor:Monitor", "qnap-nas-monitor-silent"),
    urn("docker:index/container:Container", "dd-agent"),
    urn("a:b:C", "with::colons"),
  ]);
  expect(isNoted("datadog:index/monitor:Monitor", "qnap-nas-monitor-silent")).toBe(true);
  expect(isNoted("docker:index/container:Container", "dd-agent")).toBe(true);
  expect(isNoted("a:b:C", "with::colons")).toBe(true);
});

test("a resource of another type or name, or of an empty state, is not noted", async () => {
  const { isNoted } = await toldOf([urn("x:y:Z$docker:index/container:Container", "dd-agent")]);
  expect(isNoted("docker:index/image:Image", "dd-agent")).toBe(false);
  expect(isNoted("docker:index/container:Container", "agent")).toBe(false);
  expect(isNoted("x:y:Z", "dd-agent")).toBe(false);
  expect((await toldOf([])).isNoted("docker:index/container:Container", "dd-agent")).toBe(false);
});

test("a preview does not read the state, and treats every resource as noted", async () => {
  const { isNoted, asked } = await toldOf([], true);
  expect(isNoted("docker:index/container:Container", "dd-agent")).toBe(true);
  expect(asked).toEqual([]);
});

test("a state that cannot be read is an error with a remedy", async () => {
  const engine = { newResource: () => ({ id: "id", state: {} }) };
  const failure: unknown = await record(engine, () => notedInState()).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UserError);
  expect((failure as Error).message).toMatch(/^stack test: its state cannot be read[^]*run the same command again$/);
});
