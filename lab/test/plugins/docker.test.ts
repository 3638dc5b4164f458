import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { reveal, unknown, type Properties } from "../../plugins/protocol/value";
import { scratchFolder } from "../services/call";
import { DockerDaemon } from "./docker-daemon";
import { type CallFailed, hidden, Plugin } from "./engine";

const imageType = "docker:index/remoteImage:RemoteImage";
const containerType = "docker:index/container:Container";
const agent = { Id: `sha256:${"a".repeat(64)}`, RepoDigests: [`datadog/agent@sha256:${"d".repeat(64)}`] };
const envs = [hidden("DD_API_KEY=canary"), "DD_LOGS_ENABLED=true"];
const container: Properties = {
  name: "dd-agent",
  image: agent.Id,
  envs,
  volumes: [{ hostPath: "/opt/conf.d", containerPath: "/conf.d", readOnly: true }],
  ports: [{ internal: 15141, external: 15141, protocol: "udp" }],
  restart: "always",
};

const scratch = scratchFolder();
const socket = scratch.path("docker.sock");
let daemon: DockerDaemon;
let plugin: Plugin;
let port: number;

/** In ssh's place: writes down how it was called, and leads to the daemon's socket. */
const ssh = `#!${process.execPath}
const { appendFileSync } = require("node:fs");
appendFileSync(${JSON.stringify(scratch.path("ssh.log"))}, JSON.stringify(process.argv.slice(2)) + "\\n");
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
  writeFileSync(scratch.path("ssh"), ssh);
  chmodSync(scratch.path("ssh"), 0o755);
  plugin = await Plugin.start("docker", {
    // A user's own daemon, which is not the one that the program names.
    DOCKER_HOST: "tcp://127.0.0.1:1",
    PATH: `${scratch.path(".")}:${process.env["PATH"] ?? ""}`,
  });
});

beforeEach(async () => {
  daemon = new DockerDaemon();
  daemon.registry.set("datadog/agent:7", agent);
  port = await daemon.listen({ port: 0, host: "127.0.0.1" });
  await plugin.configure({ host: `tcp://127.0.0.1:${port}` });
});

afterEach(() => daemon.close());

afterAll(async () => {
  await plugin.stop();
  scratch.remove();
});

describe("the daemon", () => {
  test.each<[string, Properties, string, RegExp]>([
    ["an unknown name", { hots: "x" }, "hots", /unknown property/],
    ["an address that is none", { host: "192.168.2.160" }, "host", /unable to parse docker host/],
    ["another protocol", { host: "npipe:////./pipe/docker" }, "host", /unable to parse docker host/],
    ["what the stand-in lacks", { certPath: "/certs" }, "certPath", /not supported/],
  ])("configuration refuses %s", async (_what, given, property, reason) => {
    const failures = await plugin.checkConfig(given);
    expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
  });

  test("may be unknown in a preview", async () => {
    expect(await plugin.checkConfig({ host: unknown })).toEqual({});
  });

  async function reached(given: Properties, at: { path: string }): Promise<void> {
    await daemon.close();
    daemon = new DockerDaemon();
    daemon.images.set("datadog/agent:7", agent);
    await daemon.listen(at);
    await plugin.configure(given);
    const { id } = await plugin.create(imageType, { name: "datadog/agent:7" });
    expect(id).toBe(`${agent.Id}datadog/agent:7`);
  }

  test("is reached at its socket, whatever DOCKER_HOST says", () =>
    reached({ host: `unix://${socket}` }, { path: socket }));

  test("is reached over ssh, with the program's options", async () => {
    const sshOpts = ["-i", "/keys/ops", "-o", "ConnectTimeout=10"];
    await reached({ host: "ssh://ops@monitor:2222", sshOpts: JSON.stringify(sshOpts) }, { path: socket });
    const args = JSON.parse(readFileSync(scratch.path("ssh.log"), "utf8").split("\n")[0]!) as string[];
    expect(args.slice(0, 4)).toEqual(sshOpts);
    expect(args.slice(-9)).toEqual(["-l", "ops", "-p", "2222", "--", "monitor", "docker", "system", "dial-stdio"]);
    // ssh goes by the first of two
    expect(args.filter((arg) => arg.includes("ConnectTimeout"))).toEqual(["ConnectTimeout=10"]);
  });

  test("that lets nobody in is told with ssh's own words", async () => {
    await plugin.configure({ host: "ssh://ops@refuses" });
    for (let n = 0; n < 5; n++) {
      await expect(plugin.create(imageType, { name: "datadog/agent:7" })).rejects.toThrow(
        /Permission denied \(publickey\)/,
      );
    }
  });

  test("that is not there is told with its address", async () => {
    await plugin.configure({ host: "tcp://127.0.0.1:1" });
    await expect(plugin.create(imageType, { name: "datadog/agent:7" })).rejects.toThrow(/ECONNREFUSED 127\.0\.0\.1:1/);
  });
});

describe("an image", () => {
  test.each<[string, Properties, string, RegExp]>([
    ["a missing name", {}, "name", /missing required/],
    ["an unknown name", { name: "a", tag: "7" }, "tag", /unknown property/],
    ["a mistyped switch", { name: "a", keepLocally: "yes" }, "keepLocally", /expected a boolean/],
    ["what the stand-in lacks", { name: "a", build: {} }, "build", /not supported/],
  ])("check refuses %s", async (_what, given, property, reason) => {
    const { failures } = await plugin.check(imageType, given);
    expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
  });

  test("is pulled once, read, and removed", async () => {
    const given = { name: "datadog/agent:7" };
    const { id, state } = await plugin.create(imageType, given);
    expect(state).toEqual({ ...given, imageId: agent.Id, repoDigest: agent.RepoDigests[0] });
    expect(daemon.calls[1]).toMatchObject({ method: "POST", path: "/images/create?fromImage=datadog%2Fagent&tag=7" });
    await plugin.create(imageType, given);
    expect(daemon.asked().filter((line) => line === "POST /images/create")).toHaveLength(1);

    expect(await plugin.read(imageType, id, state, given)).toEqual({ id, state, inputs: given });
    await plugin.delete(imageType, id, state);
    expect(daemon.images.size).toBe(0);
    await plugin.delete(imageType, id, state);
    expect((await plugin.read(imageType, id, state, given)).id).toBe("");
  });

  test("another name replaces it; whether it is kept does not", async () => {
    const given = { name: "datadog/agent:7" };
    const { id, state } = await plugin.create(imageType, given);
    expect((await plugin.diff(imageType, state, { name: "datadog/agent:8" })).details).toEqual({
      name: "UPDATE_REPLACE",
    });
    expect((await plugin.diff(imageType, state, { ...given, keepLocally: true })).details).toEqual({
      keepLocally: "ADD",
    });
    const kept = await plugin.update(imageType, id, state, { ...given, keepLocally: true });
    expect(kept).toEqual({ ...state, keepLocally: true });
    await plugin.delete(imageType, id, kept);
    expect(daemon.images.size).toBe(1);
  });

  test("is pulled with the credentials of its registry", async () => {
    daemon.registry.set("registry.lan:5000/agent:1", agent);
    const registryAuth = [{ address: "https://registry.lan:5000/v2/", username: "ops", password: hidden("canary") }];
    await plugin.configure({ host: `tcp://127.0.0.1:${port}`, registryAuth });
    await plugin.create(imageType, { name: "registry.lan:5000/agent:1" });
    const sent = String(daemon.calls[1]!.headers["x-registry-auth"]);
    expect(JSON.parse(Buffer.from(sent, "base64url").toString())).toEqual({ username: "ops", password: "canary" });
  });

  test("that no registry has is an error that says so", async () => {
    await expect(plugin.create(imageType, { name: "datadog/agent:9" })).rejects.toThrow(
      "unable to pull image datadog/agent:9: manifest for datadog/agent:9 not found",
    );
  });

  test("in use stays, and the error says why", async () => {
    const { id, state } = await plugin.create(imageType, { name: "datadog/agent:7" });
    daemon.refusals.set("DELETE /images/", { status: 409, message: "image is being used by running container c001" });
    await expect(plugin.delete(imageType, id, state)).rejects.toThrow(
      "Unable to remove Docker image: image is being used by running container c001",
    );
  });

  test("is not asked for in a preview", async () => {
    const { state } = await plugin.create(imageType, { name: "datadog/agent:7" }, true);
    expect(state).toEqual({ name: "datadog/agent:7", imageId: unknown, repoDigest: unknown });
    expect(daemon.calls).toEqual([]);
  });
});

describe("a container", () => {
  beforeEach(() => daemon.images.set("datadog/agent:7", agent));

  test.each<[string, Properties, string, RegExp]>([
    ["a missing image", { ...container, image: null }, "image", /missing required/],
    ["an unknown name", { ...container, env: [] }, "env", /unknown property/],
    ["a mistyped port", { ...container, ports: [{ internal: "15141" }] }, "ports[0].internal", /expected a number/],
    ["a port with a fraction", { ...container, ports: [{ internal: 1.5 }] }, "ports[0].internal", /an integer/],
    ["another restart policy", { ...container, restart: "sometimes" }, "restart", /one of no, on-failure, always/],
    [
      "a folder that is not absolute",
      { ...container, volumes: [{ hostPath: "conf.d", containerPath: "/conf.d" }] },
      "volumes[0].hostPath",
      /must be an absolute path/,
    ],
    ["what the stand-in lacks", { ...container, uploads: [] }, "uploads", /not supported/],
  ])("check refuses %s", async (_what, given, property, reason) => {
    const { failures } = await plugin.check(containerType, given);
    expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
  });

  test("a mistake in a secret is not shown", async () => {
    const { failures } = await plugin.check(containerType, { ...container, envs: hidden("DD_API_KEY=canary") });
    expect(failures).toEqual({ envs: 'expected a list for "envs", got a string' });
  });

  test("is created and started as it was asked for; its secret environment stays secret", async () => {
    const given = await checked(containerType, container);
    const { id, state } = await plugin.create(containerType, given);
    expect(daemon.asked()).toEqual([
      `GET /images/${agent.Id}/json`,
      "POST /containers/create",
      `POST /containers/${id}/start`,
      `GET /containers/${id}/json`,
    ]);
    expect(daemon.calls[1]).toMatchObject({
      path: "/containers/create?name=dd-agent",
      body: {
        Image: agent.Id,
        Env: ["DD_API_KEY=canary", "DD_LOGS_ENABLED=true"],
        ExposedPorts: { "15141/udp": {} },
        HostConfig: {
          Binds: ["/opt/conf.d:/conf.d:ro"],
          PortBindings: { "15141/udp": [{ HostIp: "0.0.0.0", HostPort: "15141" }] },
          RestartPolicy: { Name: "always", MaximumRetryCount: 0 },
          NetworkMode: "bridge",
        },
      },
    });
    expect(daemon.calls.map(({ path }) => path).join()).not.toContain("canary");
    expect(state).toMatchObject({ ...given, mustRun: true, networkDatas: [{ ipAddress: "172.17.0.2" }] });
    expect(state["envs"]).toEqual(envs);
    expect(JSON.stringify(state)).not.toContain("exitCode");
    expect((await plugin.diff(containerType, state, given)).changed).toBe(false);

    const found = await plugin.read(containerType, id, state, given);
    expect(found).toEqual({ id, state, inputs: given });
    expect(found.state["envs"]).toEqual(envs);
  });

  test("a secret environment as a whole stays so", async () => {
    const given = await checked(containerType, { ...container, envs: hidden(envs) });
    const { id, state } = await plugin.create(containerType, given);
    expect(reveal(state["envs"]!)).toEqual(["DD_API_KEY=canary", "DD_LOGS_ENABLED=true"]);
    expect(state["envs"]).toEqual(given["envs"]);
    expect((await plugin.read(containerType, id, state, given)).state["envs"]).toEqual(given["envs"]);
  });

  test("is changed where it stands, or replaced: then the old one goes first", async () => {
    const given = await checked(containerType, container);
    const { id, state } = await plugin.create(containerType, given);
    const later = { ...given, restart: "unless-stopped", memory: 512 };
    const diff = await plugin.diff(containerType, state, later);
    expect(diff).toMatchObject({ details: { restart: "UPDATE", memory: "ADD" }, deleteBeforeReplace: false });
    const updated = await plugin.update(containerType, id, state, later);
    expect(daemon.calls.find(({ path }) => path.includes("update"))!.body).toMatchObject({
      RestartPolicy: { Name: "unless-stopped" },
      Memory: 512 * 1024 * 1024,
    });
    expect(updated).toMatchObject({ restart: "unless-stopped", memory: 512, envs });

    const other = { ...given, image: `sha256:${"b".repeat(64)}`, envs: [...envs, "DD_TAGS=env:prod"] };
    expect(await plugin.diff(containerType, state, other)).toMatchObject({
      details: { image: "UPDATE_REPLACE", "envs[2]": "ADD_REPLACE" },
      deleteBeforeReplace: true,
    });
    expect((await plugin.diff(containerType, state, { ...given, envs: envs.toReversed() })).changed).toBe(false);
    expect((await plugin.diff(containerType, state, { ...given, image: unknown })).details).toEqual({
      image: "UPDATE_REPLACE",
    });
  });

  test("that stopped is a difference, and one that may stop is none", async () => {
    const given = await checked(containerType, { ...container, ports: [] });
    const { id, state } = await plugin.create(containerType, given);
    daemon.containers.get(id)!.running = false;
    const found = await plugin.read(containerType, id, state, given);
    expect(found.state).toMatchObject({ mustRun: false, exitCode: 137 });
    expect((await plugin.diff(containerType, found.state, given)).details).toEqual({ mustRun: "UPDATE" });
    const updated = await plugin.update(containerType, id, found.state, given);
    expect(updated).toMatchObject({ mustRun: true });
    expect(daemon.containers.get(id)!.running).toBe(true);

    const mayStop = await checked(containerType, { ...container, name: "once", mustRun: false });
    const once = await plugin.create(containerType, mayStop);
    daemon.containers.get(once.id)!.running = false;
    const stopped = await plugin.read(containerType, once.id, once.state, mayStop);
    expect((await plugin.diff(containerType, stopped.state, mayStop)).changed).toBe(false);
  });

  test("is stopped and removed; removing it again is no error", async () => {
    const given = await checked(containerType, { ...container, destroyGraceSeconds: 5 });
    const { id, state } = await plugin.create(containerType, given);
    daemon.calls.length = 0;
    await plugin.delete(containerType, id, state);
    expect(daemon.calls.slice(0, 2)).toMatchObject([
      { method: "POST", path: `/containers/${id}/stop?t=5` },
      { method: "DELETE", path: expect.stringMatching(/\?force=true&v=true$/) as string },
    ]);
    expect(daemon.containers.size).toBe(0);
    await plugin.delete(containerType, id, state);
    expect((await plugin.read(containerType, id, state, given)).id).toBe("");
  });

  test("one that could not be started is kept in the state, its secrets with it", async () => {
    daemon.refusals.set("POST /containers/c001/start", { status: 500, message: "address already in use" });
    const given = await checked(containerType, container);
    const failed = await plugin.create(containerType, given).catch((error: unknown) => error as CallFailed);
    expect(failed).toMatchObject({
      message: "Unable to start container: address already in use",
      partial: { id: "c001", reasons: ["Unable to start container: address already in use"], state: { envs } },
    });
  });

  test("a name that is in use is an error, as the daemon says it", async () => {
    const given = await checked(containerType, container);
    await plugin.create(containerType, given);
    const again = plugin.create(containerType, given);
    await expect(again).rejects.toThrow(
      'Unable to create container: Conflict. The container name "/dd-agent" is already in use',
    );
    await expect(again).rejects.not.toThrow(/canary/);
  });

  test("a preview dials nobody", async () => {
    const given = await checked(containerType, { ...container, image: unknown });
    const { state } = await plugin.create(containerType, given, true);
    expect(state).toMatchObject({ image: unknown, envs, networkDatas: unknown });
    await plugin.update(containerType, "c001", { ...given, networkDatas: [] }, given, true);
    expect(daemon.calls).toEqual([]);
  });
});
