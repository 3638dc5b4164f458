import type * as Pulumi from "@pulumi/pulumi";
import type { Facts } from "../../host/facts";
import type { Survey, Surveyed } from "../../host/survey";
import { asTexts, type Configuration } from "../settings/stack";

/** A resource as the program registered it. */
export interface Registered {
  readonly name: string;
  readonly type: string;
  /** Name of the resource that it is a child of. */
  readonly parent?: string;
  /** Its inputs as they would go into the state, secrets replaced by `secret`. */
  readonly inputs: Record<string, any>;
  readonly ignoreChanges: readonly string[];
  /** Its outputs that the engine is to keep secret. */
  readonly secretOutputs: readonly string[];
  /** Names of the resources that it depends on. */
  readonly dependencies: readonly string[];
  readonly provider: string;
}

export interface Run {
  /** In the order in which they were registered. */
  readonly resources: readonly Registered[];
  readonly exports: Record<string, any>;
  /** What the user is shown. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

export interface RunOptions {
  /** A dry run, whose resources have no outputs yet. */
  readonly preview?: boolean;
  /** Resources that never come to an end: what waits for them is not registered. */
  readonly withheld?: (name: string) => boolean;
  /** What hosts say that is not as with healthy ones. */
  readonly facts?: (host: string) => Facts;
  /** Hosts that do not answer. */
  readonly unreachable?: readonly string[];
  /** What functions of plugins answer. Default: none may be called. */
  readonly answers?: (token: string) => Record<string, unknown> | undefined;
}

const secret = "[secret]";
const signature = "4dabf18193072939515e22adb298388d";

/** A value of the wire in which each secret is replaced, so that what is left in it is plain text. */
function withoutSecrets(value: any): any {
  if (Array.isArray(value)) {
    return value.map(withoutSecrets);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return value[signature] === "1b47061264138c4ac30d75fd1eb44270"
    ? secret
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";

/** What a host says where nothing is wrong (host/survey.sh). */
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

/** Stands for the dialling of all hosts at the beginning of an `up`. */
function surveyWith({ facts = () => ({}), unreachable = [], preview = false }: RunOptions) {
  return (hosts: readonly Surveyed[]): Promise<Survey> => {
    const answering = hosts.filter(({ name }) => !preview && !unreachable.includes(name));
    for (const { name, host } of hosts) {
      if (unreachable.includes(name)) host.session?.markUnreachable("No route to host");
    }
    const all = answering.map((one) => [one.name, { ...healthyFacts(one), ...facts(one.name) }] as const);
    return Promise.resolve({ facts: Object.fromEntries(all), clocks: [], failures: {} });
  };
}

/** Looks, 40 ms apart, after which a program that waits for a withheld resource has come to rest. */
const quietLooks = 8;

/** Runs the whole of index.ts against Pulumi's mock engine, with modules of its own. */
export async function runProgram(configuration: Configuration, options: RunOptions = {}): Promise<Run> {
  const { preview = false, withheld = () => false, answers = () => undefined } = options;
  const resources: Registered[] = [];
  const errors: string[] = [];
  const warnings: string[] = [];
  let program: Record<string, any> = {};
  let pulumi!: typeof Pulumi;
  let waitForRPCs!: () => Promise<void>;
  let events = 0;

  await jest.isolateModulesAsync(async () => {
    pulumi = jest.requireActual<typeof Pulumi>("@pulumi/pulumi");
    const settings = jest.requireActual("@pulumi/pulumi/runtime/settings");
    waitForRPCs = () => settings.waitForRPCs();

    const engine: Pulumi.runtime.Mocks = {
      call: ({ token }) =>
        answers(token) ?? Promise.reject(new Error(`the program calls ${token}, which would ask somebody`)),
      newResource: ({ name, type, inputs }) =>
        withheld(name)
          ? new Promise(() => undefined)
          : {
              id: preview || type.startsWith("kube-control:") ? undefined : `${name}-id`,
              state: preview
                ? inputs
                : { ...inputs, stdout: `@kube-control begins\n@kube-control ends 0`, url: `/of/${name}` },
            },
    };
    await pulumi.runtime.setMocks(engine, "kube-control", "test", preview);

    const monitor = settings.getMonitor();
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request: any, callback: (error: any, response: any) => void) => {
      resources.push({
        name: request.getName(),
        type: request.getType(),
        parent: nameOf(request.getParent()) || undefined,
        inputs: withoutSecrets(request.getObject()?.toJavaScript() ?? {}),
        ignoreChanges: request.getIgnorechangesList(),
        secretOutputs: request.getAdditionalsecretoutputsList(),
        dependencies: (request.getDependenciesList() as string[]).map(nameOf),
        provider: nameOf(request.getProvider().replace(/::[^:]*$/, "")),
      });
      return register(request, (error: any, response: any) => {
        events += 1;
        callback(error, response);
      });
    };
    pulumi.runtime.setAllConfig(...asTexts(configuration));
    pulumi.log.error = (message: string) => Promise.resolve(void errors.push(message));
    pulumi.log.warn = (message: string) => Promise.resolve(void warnings.push(message));
    jest.doMock("../../host/survey", () => ({ survey: surveyWith(options) }));
    // the program ends there, in the middle of what it does
    const ended = new Promise<void>((resolve) => {
      jest.spyOn(process, "exit").mockImplementation((): never => {
        resolve();
        return undefined as never;
      });
    });
    const main = jest.requireActual<() => Promise<Record<string, any>>>("../../index")();
    await Promise.race([main.then((exports) => (program = exports)), ended]);
  });

  await Promise.race([waitForRPCs(), resting(() => events)]);
  return { resources, exports: program, errors, warnings };
}

/** Comes to an end when several looks in a row saw no event: one long computation is one look. */
async function resting(eventsSoFar: () => number): Promise<void> {
  for (let quiet = 0, seen = eventsSoFar(); quiet < quietLooks; quiet += 1) {
    await new Promise((done) => setTimeout(done, 40));
    if (eventsSoFar() !== seen) {
      seen = eventsSoFar();
      quiet = 0;
    }
  }
}
