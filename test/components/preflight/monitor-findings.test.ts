import { confPath, renderConf } from "../../../components/datadog-agent/conf";
import { stackTag } from "../../../components/datadog-log-pipeline/of-stack";
import { monitorFindings } from "../../../components/preflight/monitor-findings";
import { type Expectation, type Facts, parseFacts } from "../../../host/facts";
import { StandInHosts } from "../../stand-ins/hosts";
import { surveyText } from "../../stand-ins/survey-text";

// The real survey, run by bash on a host that is a folder. `docker` answers from two files: a line for each container that publishes
// the port, and the mounts of dd-agent.

const confD = "/opt/datadog-monitor/datadog-agent/conf.d";
const monitor: Expectation = {
  name: "monitor",
  address: "192.168.2.160",
  roles: ["monitor"],
  tcpPorts: {},
  udpPorts: { 15141: ["docker-proxy"] },
  packages: {},
};

const cluster = "kube.example.com:6443";

const docker = `
case "$*" in
  version) ;;
  "ps --filter publish=15141/udp "*) cat "$WORLD/published" ;;
  "container inspect --format {{range"*) cat "$WORLD/mounts" 2>/dev/null ;;
  "container inspect --format {{.Config.Image}} dd-agent") echo "someone/agent:6" ;;
  *) exit 99 ;;
esac
`;

let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts({ monitor: "192.168.2.160" });
  world.write("bin/docker", `#!/bin/bash\n${docker}`, 0o755);
  world.write("published");
});
afterEach(() => world.remove());

async function seen() {
  const text = surveyText({ UDP_PORTS: "15141" }).replaceAll("/opt/", `${world.path("opt")}/`);
  const { stdout } = await world.run(text, "create", "monitor");
  const facts = parseFacts(stdout);
  return { facts, findings: monitorFindings(monitor, facts, cluster) };
}

test("a Docker without containers or with our own agent is not a finding", async () => {
  expect((await seen()).findings).toEqual([]);
  world.write("published", "dd-agent\n");
  world.write("mounts", `/proc\n${world.path(confD)}\n`);
  const { facts, findings } = await seen();
  expect([facts["agent"], facts["other-agent"], findings]).toEqual(["container", undefined, []]);
});

test("an agent whose lines have the tag of another stack is a finding", async () => {
  world.write("mounts", `${world.path(confD)}\n`);
  const listen = (fqdn: string) => {
    const tags = ["env:prod", stackTag({ stack: "prod", fqdn })];
    const listener = { name: "qnap", type: "udp", port: 15141, service: "qnap-nas", source: "qnap", tags } as const;
    world.write(`${confD}/${confPath(listener)}`, renderConf(listener));
  };
  listen("kube.example.com");
  const own = await seen();
  expect([own.facts["agent-of"], own.findings]).toEqual(["kube.example.com", []]);
  listen("other.example.com");
  expect((await seen()).findings).toEqual([
    expect.stringMatching(/^monitor: runs the agent of another stack \(other\.example\.com\).*docker rm -f dd-agent/),
  ]);
});

test("a container dd-agent without our mount is a finding, and does not count as ours", async () => {
  world.write("mounts", `/home/ops/conf.d\n${world.path(confD)}.old\n`);
  const { facts, findings } = await seen();
  expect(facts["agent"]).toBeUndefined();
  expect(findings).toEqual([
    expect.stringMatching(
      /^monitor: has a container dd-agent \(someone\/agent:6\) that kube-control did not create.*docker rename/,
    ),
  ]);
});

test("another container that publishes the NAS's port is a finding", async () => {
  world.write("published", "dd-agent\nsyslog\n");
  expect((await seen()).findings).toEqual([
    "monitor: another container uses udp port 15141: syslog. Stop it, or set kube-control:nas.port to another port.",
  ]);
});

test("a Docker that does not answer is not asked for its containers", async () => {
  world.write("bin/docker", '#!/bin/bash\necho "$*" >>"$WORLD/asked"\nexit 1\n', 0o755);
  world.write("bin/dockerd", "#!/bin/bash\n", 0o755);
  const { facts, findings } = await seen();
  expect([facts["docker"], world.read("asked")]).toEqual(["silent", "version\n"]);
  expect(findings).toHaveLength(1);
});

test("a Docker that is stopped or starting is not a finding: a step starts it", async () => {
  world.write("bin/docker", "#!/bin/bash\nexit 1\n", 0o755);
  world.write("bin/dockerd", "#!/bin/bash\n", 0o755);
  world.order("systemctl is-active --quiet docker.service", { status: 3 });
  const { facts, findings } = await seen();
  expect([facts["docker"], findings]).toEqual(["stopped", []]);
});

test.each(["docker", "dockerd"])(
  "%s without the other program does not count as an installed Docker",
  async (program) => {
    world.delete("bin/docker");
    world.write(`bin/${program}`, "#!/bin/bash\nexit 1\n", 0o755);
    const { facts, findings } = await seen();
    expect([facts["docker"], findings]).toEqual(["absent", []]);
  },
);

test.each<[string, Facts, RegExp]>([
  ["Docker as a snap", { docker: "snap" }, /^monitor: has Docker as a snap.*sudo snap remove docker/],
  [
    "a start file that prints a text",
    { greeting: "Welcome\u001b[1m" },
    /^monitor: .* prints "Welcome\\u001b\[1m".*interactive/,
  ],
])("%s is a finding", (_, facts, finding) =>
  expect(monitorFindings(monitor, facts, cluster)).toEqual([expect.stringMatching(finding)]),
);

test("a Docker that does not answer is a finding", () => {
  expect(monitorFindings(monitor, { docker: "silent" }, cluster)).toEqual([
    expect.stringMatching(/^monitor: Docker does not answer/),
  ]);
});
