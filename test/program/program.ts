import * as pulumi from "@pulumi/pulumi";
import type * as existing from "../../components/datadog-log-pipeline/existing";
import type { Facts } from "../../host/facts";
import { sessionOf } from "../../host/session";
import type { Survey, Surveyed } from "../../host/survey";
import { type Engine, record, type Registered, withoutSecrets } from "../recorder";
import { asTexts, type Configuration } from "../settings/stack";

let mockSurvey: (hosts: readonly Surveyed[]) => Promise<Survey>;
jest.mock("../../host/survey", () => ({ survey: (hosts: readonly Surveyed[]) => mockSurvey(hosts) }));
let mockExisting: (kinds: readonly string[]) => Record<string, unknown>;
jest.mock("../../components/datadog-log-pipeline/existing", () => {
  const actual = jest.requireActual<typeof existing>("../../components/datadog-log-pipeline/existing");
  return { ...actual, existingInDatadog: (_access: unknown, kinds: string[]) => Promise.resolve(mockExisting(kinds)) };
});
// imported after the mocks above
import program from "../../index";

export interface Run {
  /** In the order of registration. Secrets in their inputs are replaced by `[secret]`. */
  readonly resources: readonly Registered[];
  readonly exports: Record<string, any>;
  /** The errors that the user sees. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

export interface RunOptions {
  /** A preview: the resources have no outputs yet. */
  readonly preview?: boolean;
  /** Resources that are never completed. The resources that depend on them are not registered. */
  readonly withheld?: Engine["withheld"];
  /** Facts of a host that differ from those of a healthy host. */
  readonly facts?: (host: string) => Facts;
  /** Hosts that do not answer. */
  readonly unreachable?: readonly string[];
  /** URNs of the resources in the state. Default: none. */
  readonly noted?: readonly string[];
  /** The existing objects in Datadog. Default: none. */
  readonly held?: existing.ExistingByKind;
  /** The results of plugin functions. Default: no function may be called. */
  readonly answers?: Engine["answers"];
}

/** The facts of a healthy host (host/survey.sh). */
const healthyFacts = ({ name, address }: Surveyed): Facts => ({
  ...{
    hostname: name,
    addresses: address,
    "machine-id": name,
    os: "debian",
    apt: "yes",
    systemd: "yes",
    iproute2: "yes",
  },
  ...{ "memory-mib": "4096", cpus: "2" },
});

/** Replaces the survey of all hosts at the beginning of `up`. */
function surveyWith({ facts = () => ({}), unreachable = [], preview = false }: RunOptions) {
  return (hosts: readonly Surveyed[]): Promise<Survey> => {
    const answering = hosts.filter(({ name }) => !preview && !unreachable.includes(name));
    for (const { name, host } of hosts) {
      if (unreachable.includes(name)) sessionOf(host).markUnreachable("No route to host");
    }
    const all = answering.map((one) => [one.name, { ...healthyFacts(one), ...facts(one.name) }] as const);
    return Promise.resolve({ facts: Object.fromEntries(all), clocks: [], failures: {} });
  };
}

/** Runs index.ts against Pulumi's mock engine. */
export async function runProgram(configuration: Configuration, options: RunOptions = {}): Promise<Run> {
  const { preview = false, withheld, noted = [], held = {} } = options;
  const errors: string[] = [];
  const warnings: string[] = [];
  const newResource: Engine["newResource"] = ({ name, type, inputs }) => ({
    id: preview || type.startsWith("kube-control:") ? undefined : `${name}-id`,
    state: preview ? inputs : { ...inputs, stdout: `@kube-control begins\n@kube-control ends 0`, url: `/of/${name}` },
  });
  jest.spyOn(pulumi.log, "error").mockImplementation((message) => Promise.resolve(void errors.push(message)));
  jest.spyOn(pulumi.log, "warn").mockImplementation((message) => Promise.resolve(void warnings.push(message)));
  mockSurvey = surveyWith(options);
  mockExisting = (kinds) => ({ ...Object.fromEntries(kinds.map((kind) => [kind, []])), ...held });
  const answers: Engine["answers"] = (token) =>
    token === "pulumi:pulumi:readStackResourceOutputs"
      ? { outputs: Object.fromEntries(noted.map((urn) => [urn, {}])) }
      : options.answers?.(token);
  // the tests must not use the operator's agent
  delete process.env["SSH_AUTH_SOCK"];
  // an error calls exit, which a mock replaces; this promise then ends the run
  const ended = new Promise<Record<string, any>>((resolve) => {
    jest.spyOn(process, "exit").mockImplementation((): never => {
      resolve({});
      return undefined as never;
    });
  });
  const engine = { newResource, answers, withheld, preview };
  const { resources, result } = await record(engine, () => {
    pulumi.runtime.setAllConfig(...asTexts(configuration));
    return Promise.race([program(), ended]);
  });
  const plain = resources.map((one) => ({ ...one, inputs: withoutSecrets(one.inputs) }));
  return { resources: plain, exports: result, errors, warnings };
}
