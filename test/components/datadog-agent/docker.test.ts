import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renderScript } from "../../../host/script";
import { StandInHosts } from "../../stand-ins/hosts";

// docker.sh, run by bash on a monitor that is a folder.

const monitor = "monitor";
const script = readFileSync(join(__dirname, "../../../components/datadog-agent/docker.sh"), "utf8");
const tool = join(__dirname, "../../stand-ins/tool.sh");

let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts({ [monitor]: "192.0.2.60" });
});
afterEach(() => world.remove());

async function install(daemonJson = "{}") {
  const rendered = renderScript(monitor, {
    step: "install Docker",
    script,
    variables: { LOGIN: "root", DAEMON_JSON: daemonJson },
  });
  const { status, calls } = await world.run(
    await new Promise<string>((done) => rendered.apply(done)),
    "create",
    monitor,
  );
  return { status, calls, changes: calls.filter((call) => / install |apt-mark/.test(call)).map((call) => call.replace(/.*--no-remove /, "")) }; // prettier-ignore
}

test("an installed Docker of another vendor is used and not held", async () => {
  for (const program of ["docker", "dockerd"]) world.link(tool, `bin/${program}`);
  // with docker-ce installed, dpkg knows no package docker.io
  world.order("dpkg-query.* docker.io$", { status: 1 });
  expect(await install()).toMatchObject({ status: 0, changes: [] });
});

test("without Docker, Debian's package is installed and held", async () => {
  world.link(tool, "bin/docker");
  world.order("dpkg-query.* docker.io$", { times: 1, status: 1 });
  world.order("dpkg-query.* docker.io$", { stdout: "ii 26.1.5" });
  const changes = ["docker.io ca-certificates", `${monitor}: apt-mark hold docker.io`];
  expect(await install()).toMatchObject({ status: 0, changes });
  expect(world.list(`hosts/${monitor}/var/lib/kube-control/held`)).toEqual(["docker.io"]);
});

test("if a run stops before Docker reads new mirrors, the next run reloads it", async () => {
  for (const program of ["docker", "dockerd"]) world.link(tool, `bin/${program}`);
  world.order("systemctl is-active", { status: 0 });
  world.order("systemctl reload docker", { times: 1, status: 1 });
  const mirrors = '{"registry-mirrors":["https://mirror.example.com"]}';
  const reloads = async () => (await install(mirrors)).calls.filter((call) => call.includes("systemctl reload docker"));
  expect(await reloads()).toHaveLength(1);
  expect(await reloads()).toHaveLength(1);
  expect(await reloads()).toEqual([]);
});
