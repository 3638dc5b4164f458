import { join } from "node:path";
import { parseFacts } from "../../host/facts";
import { StandInHosts } from "../stand-ins/hosts";
import { surveyText } from "../stand-ins/survey-text";

// The facts of survey.sh about packages, run by bash on a host that is a folder.

const host = "k8s-master1";
const url = "https://pkgs.k8s.io/core:/stable:/v1.37/deb/";
const folder = `hosts/${host}/etc/apt/sources.list.d`;

let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts({ [host]: "192.0.2.11" });
});
afterEach(() => world.remove());

async function facts(packages = "containerd:containerd", source = url) {
  const { stdout } = await world.run(surveyText({ PACKAGES: packages, APT_SOURCE: source }), "create", host);
  return parseFacts(stdout.replaceAll(world.path(`hosts/${host}`), ""));
}
/** Makes apt read the source in this file. */
const lists = (file: string) =>
  world.order(`apt-get .*sourcelist=.*/${file} .*--print-uris`, { stdout: `'${url}InRelease' x_InRelease 0 \n` });

test("packages that apt would remove are reported, unless the needed program is installed", async () => {
  const stdout = "Remv containerd.io [2.1]\nRemv docker-ce [28]\nInst containerd (1.7)\n";
  world.order("apt-get -s .*install containerd$", { stdout });
  expect(await facts()).toMatchObject({ "apt-installs": "containerd", "apt-removes": "containerd.io docker-ce" });
  world.link(join(__dirname, "../stand-ins/tool.sh"), "bin/containerd");
  const seen = await facts();
  expect(Object.keys(seen).filter((name) => name.startsWith("apt-"))).toEqual([]);
});

test("held packages that apt would change, and broken ones, are reported", async () => {
  const stdout =
    "The following held packages will be changed:\n  libssl3t64 openssl\nThe following NEW packages will be installed:\n  haproxy\n";
  world.order("apt-get -s ", { times: 1, stdout });
  const seen = await facts();
  expect([seen["apt-changes-held"], seen["apt-broken"]]).toEqual(["libssl3t64 openssl", undefined]);
  const broken = " vlc : Depends: vlc-bin but it is not going to be installed\nE: Unmet dependencies. Try 'apt --fix-broken install'\n"; // prettier-ignore
  world.order("apt-get -s ", { status: 100, stderr: broken });
  expect((await facts())["apt-broken"]).toBe("vlc");
});

test("package sources that apt cannot read are reported with apt's message", async () => {
  const stderr = "E: Malformed entry 1 in list file x.list\nE: The list of sources could not be read.\n";
  world.order("apt-get -s ", { status: 100, stderr });
  expect(await facts()).toMatchObject({ "apt-refuses": "E: Malformed entry 1 in list file x.list" });
});

describe("another file with the package source", () => {
  const other = async () => (await facts())["apt-source-in"];

  test.each(["k8s.list", "official.sources"])("is reported: %s", async (file) => {
    world.write(`${folder}/${file}`, `deb [signed-by=/etc/apt/keyrings/k8s.gpg] ${url} /\n`);
    lists(file);
    expect(await other()).toBe(`/etc/apt/sources.list.d/${file}`);
  });

  test("is not reported if apt does not read it, or if it has another source", async () => {
    world.write(`${folder}/k8s.list`, `# deb ${url} /\n`);
    world.write(`${folder}/docker.list`, "deb https://download.docker.com/linux/debian trixie stable\n");
    lists("docker.list");
    expect(await other()).toBeUndefined();
  });

  test("is not reported if apt accepts it beside the stack's own", async () => {
    world.write(`${folder}/a.list`, `deb ${url} /\n`);
    world.write(`${folder}/kubernetes.list`, `deb [signed-by=${world.path(`hosts/${host}`)}/etc/apt/keyrings/kubernetes.asc] ${url} /\n`); // prettier-ignore
    lists("a.list");
    expect(await other()).toBeUndefined();
    world.order("apt-get indextargets", { status: 100 });
    expect(await other()).toBe("/etc/apt/sources.list.d/a.list");
  });

  test("is not reported on hosts that get no source", async () => {
    world.write(`${folder}/k8s.list`, `deb ${url} /\n`);
    lists("k8s.list");
    expect(await facts("", "")).not.toHaveProperty("apt-source-in");
  });
});
