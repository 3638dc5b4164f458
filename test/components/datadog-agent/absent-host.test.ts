import type { DatadogAgentArgs } from "../../../components/datadog-agent";
import { hidden, type Registered } from "../../recorder";
import { hostAt, registered, returns } from "../registered";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { DatadogAgent } from "../../../components/datadog-agent";
import { HostSession } from "../../../host/session";

// What becomes of the agent where its host does not answer, where it is another host, and where it is deleted.

const apiKey = "0123456789abcdef0123456789abcdef";
const monitor = hostAt("monitor", "192.168.2.160");
const logs = [{ name: "qnap", type: "udp", port: 15141, service: "qnap-nas", source: "qnap" }] as const;

for (const address of ["192.168.2.160", "192.168.2.170"])
  returns(`dd-agent-image-${address}`, { imageId: "sha256:abc" });

const deployed = (change: Partial<DatadogAgentArgs> = {}, opts?: pulumi.ComponentResourceOptions) =>
  registered(() => new DatadogAgent("dd-agent", { host: monitor, apiKey, logs, ...change }, opts));

function silentMonitor() {
  const session = new HostSession();
  session.markUnreachable("Connection timed out");
  return { ...monitor, session };
}

function only(resources: Map<string, Registered>, name: string): Registered {
  const resource = resources.get(name);
  if (resource === undefined) throw new Error(`no resource ${name} among ${[...resources.keys()].join(", ")}`);
  return resource;
}

const names = (resources: Map<string, Registered>) =>
  [...resources.values()]
    .filter(({ parent }) => parent === "dd-agent")
    .map(({ name }) => name.replace("dd-agent-", ""));

describe("deletion", () => {
  test("a step beside Pulumi removes the agent, and exists before the host is changed", async () => {
    const resources = await deployed({ agentImage: "registry/agent:7" });
    const removal = only(resources, "dd-agent-removal-192.168.2.160");
    expect(removal.type).toBe("command:local:Command");
    expect(removal.inputs.delete).toMatch(/^bash -s -- delete # monitor: remove the agent$/);
    expect(removal.inputs.triggers).toBeUndefined();
    for (const line of [
      "MONITOR='monitor'",
      "KC_HOSTS='monitor ops@192.168.2.160:22'",
      "CONTAINER='dd-agent'",
      "IMAGE='registry/agent:7'",
      "CONF_D='/opt/datadog-monitor/datadog-agent/conf.d'",
    ]) {
      expect(removal.inputs.stdin.split("\n")).toContain(line);
    }
    expect(only(resources, "dd-agent-conf").dependencies).toContain(removal.name);
  });

  test("nothing else of the agent dials the host: it is deleted with that step, or has no delete", async () => {
    const resources = await deployed();
    for (const name of ["dd-agent-container-192.168.2.160", "dd-agent-image-192.168.2.160", "dd-agent-conf"]) {
      expect([name, only(resources, name).deletedWith]).toEqual([name, "dd-agent-removal-192.168.2.160"]);
    }
    const deleting = [...resources.values()].filter(({ inputs }) => inputs.delete !== undefined);
    expect(deleting.map(({ name }) => name)).toEqual(["dd-agent-removal-192.168.2.160"]);
  });
});

describe("a stack of an earlier version", () => {
  test("its container and its image are taken over under their new names", async () => {
    const resources = await deployed();
    expect(only(resources, "dd-agent-container-192.168.2.160").aliases).toEqual(["dd-agent-container"]);
    expect(only(resources, "dd-agent-image-192.168.2.160").aliases).toEqual(["dd-agent-image"]);
  });

  test("its other steps keep names and triggers, so that none is replaced", async () => {
    const resources = await deployed();
    for (const name of ["dd-agent-docker", "dd-agent-conf"]) {
      expect(only(resources, name).inputs.triggers).toEqual(["192.168.2.160"]);
    }
    // replaced for another monitor, the old one is deleted at the end, with its removal, and does not dial a dead host
    expect(only(resources, "dd-agent-conf").deleteBeforeReplace).toBe(false);
    expect(only(resources, "dd-agent-listening").inputs.triggers).toEqual(["dd-agent-container-192.168.2.160-id"]);
  });
});

test("on a monitor at another address container, image and removal are others", async () => {
  const resources = await deployed({ host: hostAt("monitor2", "192.168.2.170") });
  expect(names(resources).sort()).toEqual(
    ["192.168.2.170", "conf", "container-192.168.2.170", "docker", "image-192.168.2.170", "listening"]
      .concat("removal-192.168.2.170")
      .sort(),
  );
  expect(only(resources, "dd-agent-container-192.168.2.170").deletedWith).toBe("dd-agent-removal-192.168.2.170");
});

describe("a monitor that does not answer", () => {
  test("keeps container and image as the state has them, and no step dials it", async () => {
    const host = silentMonitor();
    const resources = await deployed({ host });
    for (const step of ["docker", "conf", "image-192.168.2.160", "container-192.168.2.160", "listening"]) {
      expect([step, only(resources, `dd-agent-${step}`).ignoreChanges]).toEqual([step, ["*"]]);
    }
    for (const { type, name, inputs } of resources.values()) {
      if (type === "command:remote:Command") expect([name, inputs.create]).toEqual([name, undefined]);
    }
    expect(only(resources, "dd-agent-container-192.168.2.160").deletedWith).toBe("dd-agent-removal-192.168.2.160");
  });

  test("has each of its steps noted, and the same inputs have the same digest as when it answers", async () => {
    const noted = async (host: DatadogAgentArgs["host"] & { session: HostSession }, change = {}) => {
      await deployed({ host, ...change });
      const steps = host.session.steps.map(
        ({ name, digest }) => new Promise<[string, string]>((done) => digest.apply((text) => done([name, text]))),
      );
      return Object.fromEntries(await Promise.all(steps));
    };
    const silent = await noted(silentMonitor());
    expect(Object.keys(silent).sort()).toEqual(
      ["conf", "container-192.168.2.160", "docker", "image-192.168.2.160", "listening"].map(
        (step) => `dd-agent-${step}`,
      ),
    );
    expect(await noted({ ...monitor, session: new HostSession() })).toEqual(silent);
    const changed = await noted(silentMonitor(), { agentMemory: 512 });
    expect(Object.keys(silent).filter((name) => silent[name] !== changed[name])).toEqual([
      "dd-agent-container-192.168.2.160",
    ]);
  });

  test("and never had an agent: what would dial it is not registered, and is noted all the same", async () => {
    const host = silentMonitor();
    let status: string | undefined;
    const resources = await registered(() => {
      const agent = new DatadogAgent("dd-agent", { host, apiKey, logs, absent: true });
      expect(agent.container).toBeUndefined();
      agent.status.apply((text) => (status = text));
    });
    expect(names(resources).sort()).toEqual(["conf", "docker", "removal-192.168.2.160"]);
    expect(host.session.steps.map(({ name }) => name).sort()).toEqual(
      ["conf", "container-192.168.2.160", "docker", "image-192.168.2.160", "listening"].map(
        (step) => `dd-agent-${step}`,
      ),
    );
    expect(status).toBe("");
    // its digest holds the API key
    const container = host.session.steps.find(({ name }) => name.includes("container"));
    expect(await pulumi.isSecret(container?.digest as pulumi.Output<string>)).toBe(true);
  });
});

test("the container waits for each step of what it has to come after, the image does not", async () => {
  const resources = await registered(() => {
    const after = ["name", "pipeline"].map((part) => {
      const component = new pulumi.ComponentResource("kube-control:test:Part", part);
      new command.local.Command(`${part}-step`, {}, { parent: component });
      return component;
    });
    new DatadogAgent("dd-agent", { host: monitor, apiKey, logs, after });
  });
  expect(only(resources, "dd-agent-container-192.168.2.160").dependencies).toEqual(
    expect.arrayContaining(["dd-agent-conf", "name-step", "pipeline-step"]),
  );
  expect(only(resources, "dd-agent-image-192.168.2.160").dependencies).toEqual(["dd-agent-docker"]);
});

test("the API key is in no input of the removal, and in no script of it", async () => {
  const { inputs } = only(await deployed(), "dd-agent-removal-192.168.2.160");
  expect(hidden(inputs.stdin)).toBeUndefined();
  expect(JSON.stringify(inputs)).not.toContain(apiKey);
});
