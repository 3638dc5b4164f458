import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unknown, type Properties } from "../../../plugins/protocol/value";
import { DockerDaemon } from "./docker-daemon";
import { type CallFailed, hidden, Plugin, reveal } from "../engine";
import { scratchFolder } from "../../scratch";

const imageType = "docker:index/remoteImage:RemoteImage";
const containerType = "docker:index/container:Container";
const agent = { Id: `sha256:${"a".repeat(64)}` };
const environment = ["DD_API_KEY=canary", "DD_LOGS_ENABLED=true"];
const envs = [hidden(environment[0]!), environment[1]!];
const port = { internal: 15141, external: 15141, protocol: "udp" };
const container: Properties = {
  name: "dd-agent",
  image: agent.Id,
  envs,
  volumes: [{ hostPath: "/opt/conf.d", containerPath: "/conf.d", readOnly: true }],
  ports: [port],
  restart: "always",
};

const host = "ssh://ops@monitor:2222";
const scratch = scratchFolder();
const socket = join(scratch, "docker.sock");
let daemon: DockerDaemon;
let plugin: Plugin;

/** A fake ssh: records its arguments and connects to the daemon's socket. */
const ssh = `#!${process.execPath}
const { appendFileSync } = require("node:fs");
appendFileSync(${JSON.stringify(join(scratch, "ssh.log"))}, JSON.stringify(process.argv.slice(2)) + "\\n");
if (process.argv.includes("refuses")) {
  console.error("ops@refuses: Permission denied (publickey).");
  process.exit(255);
}
const socket = require("node:net").connect(${JSON.stringify(socket)});
process.stdin.pipe(socket).pipe(process.stdout);
`;

async function checked(type: string, given: Properties): Promise<Properties> {
  const { inputs, failures } = await plugin.check(type, given);
  expect(failures).toEqual({});
  return inputs;
}

beforeAll(async () => {
  writeFileSync(join(scratch, "ssh"), ssh);
  chmodSync(join(scratch, "ssh"), 0o755);
  plugin = await Plugin.start("docker", {
    // The user's own daemon, which the plugin must not use.
    DOCKER_HOST: "tcp://127.0.0.1:1",
    PATH: `${scratch}:${process.env["PATH"] ?? ""}`,
  });
});

beforeEach(async () => {
  daemon = new DockerDaemon();
  daemon.registry.set("datadog/agent:7", agent);
  await daemon.listen(socket);
  await plugin.configure({ host });
});

afterEach(() => daemon.close());

afterAll(async () => {
  await plugin.stop();
});

describe("the daemon", () => {
  test.each<[string, Properties, string, RegExp]>([
    ["an unknown name", { host, hots: "x" }, "hots", /unknown property/],
    ["a missing address", {}, "host", /missing required/],
    ["an address without a protocol", { host: "192.168.2.160" }, "host", /unable to parse docker host/],
    ["another protocol", { host: "tcp://192.168.2.160:2375" }, "host", /unable to parse docker host/],
    ["a key that the stand-in lacks", { host, certPath: "/certs" }, "certPath", /unknown property/],
  ])("configuration refuses %s", async (_what, given, property, reason) => {
    const failures = await plugin.checkConfig(given);
    expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
  });

  test("can be unknown in a preview", async () => {
    expect(await plugin.checkConfig({ host: unknown })).toEqual({});
  });

  test("is reached over ssh with the program's options", async () => {
    const sshOpts = ["-i", "/keys/ops", "-o", "ConnectTimeout=10"];
    await plugin.configure({ host, sshOpts });
    const { id } = await plugin.create(imageType, { name: "datadog/agent:7" });
    expect(id).toBe(`${agent.Id}datadog/agent:7`);
    const args = JSON.parse(readFileSync(join(scratch, "ssh.log"), "utf8").trimEnd().split("\n").at(-1)!) as string[];
    const login = ["-T", "-l", "ops", "-p", "2222", "--", "monitor", "docker", "system", "dial-stdio"];
    expect(args).toEqual([...sshOpts, ...login]);
  });

  test("that refuses the login gives an error with ssh's message", async () => {
    await plugin.configure({ host: "ssh://ops@refuses:22" });
    await expect(plugin.create(imageType, { name: "datadog/agent:7" })).rejects.toThrow(
      /^error looking up local image "datadog\/agent:7": command \[ssh .*\] has exited with exit status 255.*Permission denied/,
    );
  });
});

describe("an image", () => {
  test.each<[string, Properties, string, RegExp]>([
    ["a missing name", {}, "name", /missing required/],
    ["an unknown name", { name: "a", tag: "7" }, "tag", /unknown property/],
    ["a mistyped name", { name: 7 }, "name", /expected a string/],
    ["an input that the stand-in lacks", { name: "a", build: {} }, "build", /unknown property/],
  ])("check refuses %s", async (_what, given, property, reason) => {
    const { failures } = await plugin.check(imageType, given);
    expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
  });

  test("is pulled once, read, and removed", async () => {
    const given = { name: "datadog/agent:7" };
    const { id, state } = await plugin.create(imageType, given);
    expect(state).toEqual({ ...given, imageId: agent.Id });
    expect(daemon.calls[1]).toMatchObject({ method: "POST", path: "/images/create?fromImage=datadog%2Fagent%3A7" });
    await plugin.create(imageType, given);
    expect(daemon.asked().filter((line) => line === "POST /images/create")).toHaveLength(1);

    expect(await plugin.read(imageType, id, state, given)).toEqual({ id, state, inputs: given });
    await plugin.delete(imageType, id, state);
    expect(daemon.images.size).toBe(0);
    await plugin.delete(imageType, id, state);
    expect((await plugin.read(imageType, id, state, given)).id).toBe("");
  });

  test("is replaced if its name changes, but not for state of an earlier version", async () => {
    const state = { name: "datadog/agent:7", imageId: agent.Id, repoDigest: "datadog/agent@sha256:d" };
    expect((await plugin.diff(imageType, state, { name: "datadog/agent:8" })).details).toEqual({
      name: "UPDATE_REPLACE",
    });
    expect((await plugin.diff(imageType, state, { name: "datadog/agent:7" })).changed).toBe(false);
  });

  test("without a tag is pulled as latest; if it is missing after the pull, that is an error", async () => {
    daemon.registry.set("datadog/agent:latest", agent);
    await expect(plugin.create(imageType, { name: "datadog/agent" })).rejects.toThrow(
      "unable to find or pull image datadog/agent",
    );
    expect(daemon.calls[1]).toMatchObject({ path: "/images/create?fromImage=datadog%2Fagent%3Alatest" });
  });

  test("that the registry does not have is an error with the registry's message", async () => {
    await expect(plugin.create(imageType, { name: "datadog/agent:9" })).rejects.toThrow(
      "unable to pull image datadog/agent:9: manifest for datadog/agent:9 not found",
    );
  });

  test("in use is not removed, and the error says why", async () => {
    const { id, state } = await plugin.create(imageType, { name: "datadog/agent:7" });
    daemon.refusals.set("DELETE /images/", { status: 409, message: "image is being used by running container c001" });
    await expect(plugin.delete(imageType, id, state)).rejects.toThrow(
      "Unable to remove Docker image: image is being used by running container c001",
    );
  });
});

describe("a container", () => {
  beforeEach(() => daemon.images.set("datadog/agent:7", agent));

  test.each<[string, Properties, string, RegExp]>([
    ["a missing image", { ...container, image: null }, "image", /missing required/],
    ["an unknown name", { ...container, env: [] }, "env", /unknown property/],
    [
      "a mistyped port",
      { ...container, ports: [{ ...port, internal: "1" }] },
      "ports[0].internal",
      /expected a number/,
    ],
    ["another restart policy", { ...container, restart: "no" }, "restart", /one of always/],
    ["an input that the stand-in lacks", { ...container, uploads: [] }, "uploads", /unknown property/],
  ])("check refuses %s", async (_what, given, property, reason) => {
    const { failures } = await plugin.check(containerType, given);
    expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
  });

  test("with an invalid secret is refused without the secret's value", async () => {
    const { failures } = await plugin.check(containerType, { ...container, envs: hidden("DD_API_KEY=canary") });
    expect(failures).toEqual({ envs: 'expected a list for "envs", got a string' });
  });

  test("is created with its inputs and started; secret variables stay secret", async () => {
    const given = await checked(containerType, container);
    const { id, state } = await plugin.create(containerType, given);
    expect(daemon.asked()).toEqual(["POST /containers/create", `POST /containers/${id}/start`]);
    expect(daemon.calls[0]).toMatchObject({
      path: "/containers/create?name=dd-agent",
      body: {
        Image: agent.Id,
        Env: environment,
        ExposedPorts: { "15141/udp": {} },
        HostConfig: {
          Binds: ["/opt/conf.d:/conf.d:ro"],
          PortBindings: { "15141/udp": [{ HostIp: "0.0.0.0", HostPort: "15141" }] },
          RestartPolicy: { Name: "always" },
          Memory: 0,
        },
      },
    });
    expect(daemon.calls.map(({ path }) => path).join()).not.toContain("canary");
    expect(state).toEqual({ ...given, mustRun: true, envs: hidden(environment) });
    expect((await plugin.diff(containerType, state, given)).changed).toBe(false);
    expect(await plugin.read(containerType, id, state, given)).toEqual({ id, state, inputs: given });
  });

  test("keeps a secret list of variables secret", async () => {
    const given = await checked(containerType, { ...container, envs: hidden(environment) });
    const { state } = await plugin.create(containerType, given);
    expect(state["envs"]).toEqual(given["envs"]);
    expect(reveal(state["envs"]!)).toEqual(environment);
  });

  test("is replaced if an input changes, and the old one is deleted first", async () => {
    const given = await checked(containerType, container);
    const other = { ...given, image: `sha256:${"b".repeat(64)}`, envs: [...envs, "DD_TAGS=env:prod"], memory: 512 };
    expect(await plugin.diff(containerType, given, other)).toMatchObject({
      details: { image: "UPDATE_REPLACE", "envs[2]": "ADD_REPLACE", memory: "ADD_REPLACE" },
      deleteBeforeReplace: true,
    });
    expect((await plugin.diff(containerType, given, { ...given, envs: envs.toReversed() })).changed).toBe(false);
    expect((await plugin.diff(containerType, given, { ...given, image: unknown })).details).toEqual({
      image: "UPDATE_REPLACE",
    });
  });

  test("has no difference for state of an earlier version, which is kept", async () => {
    const given = await checked(containerType, container);
    const { id, state } = await plugin.create(containerType, given);
    const former = {
      ...state,
      start: true,
      networkMode: "bridge",
      ports: [{ ...port, ip: "0.0.0.0" }],
      hostname: "c001",
      command: [],
      networkDatas: [{ networkName: "bridge" }],
    };
    expect((await plugin.diff(containerType, former, given)).changed).toBe(false);
    expect((await plugin.read(containerType, id, former, given)).state).toEqual(former);
  });

  test("that stopped is a difference, and an update starts it", async () => {
    const given = await checked(containerType, container);
    const { id, state } = await plugin.create(containerType, given);
    daemon.containers.get(id)!.running = false;
    const found = await plugin.read(containerType, id, state, given);
    expect(found.state).toMatchObject({ mustRun: false });
    expect(await plugin.diff(containerType, found.state, given)).toMatchObject({
      details: { mustRun: "UPDATE" },
      deleteBeforeReplace: false,
    });
    expect(await plugin.update(containerType, id, found.state, given)).toEqual(state);
    expect(daemon.containers.get(id)!.running).toBe(true);
  });

  test("is removed, and removing it again is not an error", async () => {
    const given = await checked(containerType, container);
    const { id, state } = await plugin.create(containerType, given);
    await plugin.delete(containerType, id, state);
    expect(daemon.calls.at(-1)).toMatchObject({ method: "DELETE", path: `/containers/${id}?force=true&v=true` });
    expect(daemon.containers.size).toBe(0);
    await plugin.delete(containerType, id, state);
    expect((await plugin.read(containerType, id, state, given)).id).toBe("");
  });

  test("that could not be started is kept in the state with its secrets", async () => {
    daemon.refusals.set("POST /containers/c001/start", { status: 500, message: "address already in use" });
    const given = await checked(containerType, container);
    const failed = await plugin.create(containerType, given).catch((error: unknown) => error as CallFailed);
    expect(failed).toMatchObject({
      message: "Unable to start container: address already in use",
      partial: {
        id: "c001",
        reasons: ["Unable to start container: address already in use"],
        state: { envs: environment },
      },
    });
    daemon.refusals.clear();
    await plugin.update(containerType, "c001", given, given);
    expect(daemon.containers.get("c001")!.running).toBe(true);
  });

  test("with a name in use is an error with the daemon's message", async () => {
    const given = await checked(containerType, container);
    await plugin.create(containerType, given);
    const again = plugin.create(containerType, given);
    await expect(again).rejects.toThrow(
      'Unable to create container: Conflict. The container name "/dd-agent" is already in use',
    );
    await expect(again).rejects.not.toThrow(/canary/);
  });
});
