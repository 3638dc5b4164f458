import * as pulumi from "@pulumi/pulumi";
import { DatadogAgent, type LogListener } from "../../../components/datadog-agent";
import { StandInHosts } from "../../stand-ins/hosts";
import { type Registered, revealed } from "../../recorder";
import { hostAt, registered } from "../registered";

// The real scripts, run by bash on a host that is a folder (test/stand-ins/README.md). `docker` is a fake: the folder `containers`
// has a file for each container, with the sources of its mounts, and `images` one for each image.

const logs: LogListener[] = [{ name: "qnap", type: "udp", port: 15141, service: "qnap-nas", source: "qnap" }];
const confD = "opt/datadog-monitor/datadog-agent/conf.d";

const docker = `
echo "docker $*" >>"$WORLD/docker-calls"
if [[ -e $WORLD/docker-error ]]; then
  echo "Cannot connect to the Docker daemon" >&2
  exit 1
fi
case "$*" in
  "ps --all "*) [[ $* == *"name=^/?dd-agent$" && ! -e $WORLD/containers/dd-agent ]] || echo 4711 ;;
  "container inspect "*) cat "$WORLD/containers/dd-agent" ;;
  "stop 4711") ;;
  "rm --force --volumes 4711") rm "$WORLD/containers/dd-agent" ;;
  "image rm "*) rm "$WORLD/images/\${!#}" 2>/dev/null ;;
  *) echo "unknown: docker $*" >&2; exit 99 ;;
esac
`;

let script: string;
let container: Registered | undefined;
let world: StandInHosts;

beforeAll(async () => {
  const resources = await registered(() => {
    const host = hostAt("monitor", "192.168.2.160");
    new DatadogAgent("dd-agent", { host, apiKey: "x", logs, agentImage: "agent-7" });
  });
  script = String(revealed(resources.get("dd-agent-removal-192.168.2.160")?.inputs.stdin));
  container = resources.get("dd-agent-container-192.168.2.160");
});

beforeEach(() => {
  world = new StandInHosts({ monitor: "192.168.2.160" });
  world.haste = 5;
  world.write("bin/docker", `#!/bin/bash\n${docker}`, 0o755);
  world.write("images/agent-7");
  world.write(`${confD}/qnap.d/conf.yaml`, "logs: []");
  world.write("docker-calls");
});
afterEach(() => world.remove());

const runs = (...sources: string[]) => world.write("containers/dd-agent", `${sources.join("\n")}\n\n`);
const ours = () => runs("/var/run/docker.sock", world.path(confD), "/proc");

const run = (phase: "create" | "delete") => world.run(script.replaceAll("/opt/", `${world.path("opt")}/`), phase);
const removals = () => world.read("docker-calls").split("\n").filter((call) => /^docker (rm|stop|image)/.test(call)); // prettier-ignore

test("creating the step connects to no host and changes nothing", async () => {
  ours();
  const { status, stdout, calls } = await run("create");
  expect([status, stdout]).toEqual([0, "the agent will be removed from monitor when this is deleted\n"]);
  expect([calls, removals()]).toEqual([[""], []]);
});

test("our container, image and configuration are removed, and other folders stay", async () => {
  ours();
  world.write("opt/other");
  const { status, stdout, stderr } = await run("delete");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(`removed the container dd-agent\nremoved the image agent-7\nremoved ${world.path(confD)}\n`);
  expect(world.list("containers")).toEqual([]);
  expect(world.list("images")).toEqual([]);
  expect(world.list("opt")).toEqual(["other"]);
});

test("a second deletion finds nothing and succeeds", async () => {
  ours();
  await run("delete");
  expect(await run("delete")).toMatchObject({ status: 0, stdout: "", stderr: "" });
});

test("a container that does not mount our configuration stays, and so does its image", async () => {
  runs("/home/ops/conf.d", "/proc $(touch injected)");
  const { status, stdout } = await run("delete");
  expect(status).toBe(0);
  expect(stdout).toContain(
    `the container dd-agent was not changed: expected one that mounts ${world.path(confD)}, found one that mounts /home/ops/conf.d /proc $(touch injected)`,
  );
  expect(removals()).toEqual([]);
  expect(world.list("images")).toEqual(["agent-7"]);
});

test("an image that another container uses stays, and the rest is removed", async () => {
  ours();
  world.delete("images/agent-7");
  const { status, stdout } = await run("delete");
  expect([status, stdout]).toEqual([0, `removed the container dd-agent\nremoved ${world.path(confD)}\n`]);
});

test("on a host without Docker the configuration is removed", async () => {
  world.delete("bin/docker");
  expect(await run("delete")).toMatchObject({ status: 0, stdout: `removed ${world.path(confD)}\n` });
});

test("a Docker that does not answer fails the step, which can be repeated", async () => {
  ours();
  world.write("docker-error");
  const { status, stderr } = await run("delete");
  expect(status).toBe(64);
  expect(stderr).toContain("Cannot connect to the Docker daemon");
  expect(stderr).toContain("Docker does not report whether the container dd-agent exists");
  expect(world.exists(`${confD}/qnap.d/conf.yaml`)).toBe(true);
  world.delete("docker-error");
  expect((await run("delete")).status).toBe(0);
  expect(world.list("containers")).toEqual([]);
});

test("if the host does not answer, the deletion succeeds and says what remains there", async () => {
  world.order("ssh monitor:", { status: 255, stderr: "ssh: connect to host port 22: Connection timed out\n" });
  const { status, stdout, stderr } = await run("delete");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(
    `monitor could not be reached: the container dd-agent and ${world.path(confD)} are still there\n`,
  );
});

test("if the host refuses the login, the deletion fails", async () => {
  world.order("ssh monitor:", { status: 255, stderr: "ops@192.168.2.160: Permission denied (publickey).\n" });
  const { status, stderr } = await run("delete");
  expect(status).toBe(64);
  expect(stderr).toContain("Permission denied (publickey)");
});

describe("before the engine creates the container, which is not in the state", () => {
  const before = { ...process.env };
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = { ...before };
  });

  /** Runs the hook as the engine does; the fake ssh connects to the host. */
  async function create(): Promise<string[]> {
    const said = jest.spyOn(pulumi.log, "info").mockResolvedValue(undefined);
    const hooks = container?.beforeCreate ?? [];
    expect(hooks).toHaveLength(1);
    Object.assign(process.env, world.variables(""));
    for (const hook of hooks) await hook({ urn: "", id: "", name: "", type: "" });
    return said.mock.calls.map(([text]) => text);
  }

  test("our container is removed, and its image and configuration stay", async () => {
    runs("/var/run/docker.sock", `/${confD}`, "/proc");
    expect(await create()).toEqual([expect.stringMatching(/^monitor: .*: removed the container dd-agent$/)]);
    expect(world.list("containers")).toEqual([]);
    expect(world.list("images")).toEqual(["agent-7"]);
    expect(world.exists(`${confD}/qnap.d/conf.yaml`)).toBe(true);
  });

  test("without a container nothing is removed or printed", async () => {
    expect(await create()).toEqual([]);
    expect(removals()).toEqual([]);
  });

  test("a container that does not mount our configuration stays", async () => {
    runs("/home/ops/conf.d");
    expect(await create()).toEqual([expect.stringContaining("the container dd-agent was not changed")]);
    expect(removals()).toEqual([]);
  });

  test("if Docker does not answer, the step fails and says what to do", async () => {
    world.write("docker-error");
    await expect(create()).rejects.toThrow(/^monitor: .*start Docker \(systemctl start docker\), then try again/);
  });
});
