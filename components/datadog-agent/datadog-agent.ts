import * as pulumi from "@pulumi/pulumi";
import { checkedAddress, checkedHosts, inputsOf } from "../../host/argument";
import { hostInputs } from "../../host/host";
import { outputOf } from "../../host/script";
import { refuse } from "../../host/refusal";
import type { DatadogAgentArgs } from "./args";
import { refusals } from "./refusals";
import { AgentSteps } from "./steps";

/**
 * The Datadog agent as a container on a host. It collects the logs that arrive at its listeners, and runs Datadog's own
 * checks.
 *
 * It is complete when `agent status` shows every listener OK; otherwise the error contains what it shows. A host that
 * does not answer is not changed, and its steps are recorded in its session. A deletion removes the agent if the host
 * answers.
 *
 * The names of image, container and provider contain the host's address, so that they are created again on another
 * machine. If the address is an output, the names contain the host's name instead: give a new machine a new name.
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { DatadogAgent, sshHost } from "kube-control";
 *
 * const agent = new DatadogAgent("dd-agent", {
 *   host: sshHost({
 *     name: "monitor",
 *     address: "192.0.2.60",
 *     user: "ops",
 *     privateKeyFile: "~/.ssh/id_ed25519",
 *     knownHostsFile: "~/.ssh/known_hosts",
 *   }),
 *   apiKey: new pulumi.Config().requireSecret("datadogApiKey"),
 *   logs: [{ name: "qnap", type: "udp", port: 15141, service: "qnap-nas", source: "qnap", tags: ["env:prod"] }],
 * });
 *
 * export const { status } = agent;
 * ```
 *
 * @throws ResourceError if there is no listener, if two share a name or a port, if a name cannot be a folder, if an address is
 * not an IPv4 address, or if two checks of a kind share a name
 */
export class DatadogAgent extends pulumi.ComponentResource {
  /** Output of the last step: where the agent sends to, and a line for each listener. Empty with `absent`. */
  readonly status: pulumi.Output<string>;

  constructor(name: string, args: DatadogAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:DatadogAgent", name, agentInputs(args), opts);
    refuse(this, name, refusals(args.logs, args.checks));
    const steps = new AgentSteps(this, name, this.checked(name, args));

    const removal = steps.removeWhenDeleted();
    steps.readBack();
    const engine = steps.installDocker();
    const conf = steps.writeConf(engine, removal);
    if (args.absent === true) {
      steps.noteWhatIsLeftOut();
      this.status = pulumi.output("");
    } else {
      const provider = steps.dockerProvider(engine);
      const image = steps.pullImage(provider, engine, removal);
      const container = steps.runContainer(provider, image, conf, removal);
      this.status = outputOf(steps.waitUntilListening(container, conf));
    }
    this.registerOutputs({ status: this.status });
  }

  private checked(name: string, args: DatadogAgentArgs): DatadogAgentArgs {
    const [host = args.host] = checkedHosts(this, `${name}.host`, [args.host]);
    const logs = args.logs.map((listener) => {
      const { from } = listener;
      return from === undefined
        ? listener
        : { ...listener, from: checkedAddress(this, `${name}.logs, from of ${listener.name}`, from) };
    });
    return { ...args, host, logs };
  }
}

/** The component's inputs in the state. */
function agentInputs(args: DatadogAgentArgs): pulumi.Inputs {
  return {
    ...inputsOf(args, ["site", "apiUrl", "logsUrl", "agentImage", "registryMirrors", "tags", "proxy", "agentMemory"]),
    ...inputsOf(args, ["listeningSeconds", "absent", "checks"]),
    host: hostInputs(args.host),
    apiKey: pulumi.secret(args.apiKey),
    logs: args.logs.map((log) => inputsOf(log, ["name", "type", "port", "service", "source", "tags", "from"])),
  };
}
