import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { bodyOf, framedCommand } from "../../../host/frame";
import { parseFacts } from "../../../host/facts";
import { renderScript } from "../../../host/script";
import { runOverSsh } from "../../../host/ssh";
import { surveyScript } from "../../../host/survey";
import { tryRun } from "../../base/process";
import { scratchFolder } from "../scratch";
import { type Debian, makeDebian, outOf, programs, removeDebian, within } from "./debian";

// Tests the project's files and scripts with the programs of several Debian suites. Ubuntu has uutils' coreutils and sudo-rs since
// 25.10; awk is mawk or gawk.

interface Suite {
  readonly packages: readonly string[];
  /** If it is set, the tests also use uutils' coreutils and sudo-rs. */
  readonly awk?: "mawk" | "gawk";
}
const balancers = ["haproxy", "keepalived"];
// sudo-rs reads the sudoers file and the PAM service of the package sudo
const rust = ["rust-coreutils", "sudo-rs"];
/** Login shells, in packages of the same names. */
const shells = ["csh", "fish", "mksh", "tcsh", "zsh"];
const suites: Readonly<Record<string, Suite>> = {
  bookworm: { packages: [...balancers, "openssh-server", "sudo"] },
  trixie: { packages: [...balancers, "openssh-server", "sudo", ...rust, "mawk", ...shells], awk: "mawk" },
  sid: { packages: [...balancers, "openssh-server", "sudo", ...rust, "gawk"], awk: "gawk" },
  // HAProxy 3.3 and newer
  experimental: { packages: ["haproxy"] },
};
const root = resolve(__dirname, "../../..");
const minutes = 60_000;

describe.each(Object.entries(suites))("%s", (suite, { packages, awk }) => {
  let debian: Debian;
  try {
    process.stderr.write(`fetching ${packages.join(", ")} (${suite})\n`);
    debian = makeDebian(suite, packages);
  } catch (error) {
    test.skip(`cannot be fetched: ${String(error).slice(0, 300)}`, () => undefined);
    return;
  }
  const versions = versionsIn(debian, packages);
  process.stderr.write(versions.map((one) => `${one} (${suite})\n`).join(""));
  afterAll(() => removeDebian(debian));

  const parsers = balancers.filter((name) => packages.includes(name));
  test(
    `the parsers of ${versions.filter((one) => parsers.includes(one.split(" ")[0] ?? "")).join(" and ")} accept the rendered files`,
    async () => {
      const path = programs(Object.fromEntries(parsers.map((name) => [name, within(debian, `/usr/sbin/${name}`)])));
      const tests = parsers.map((name) => `test/components/haproxy-pair/${name}.test.ts`);
      expect(await unitTests(path, tests)).toEqual({ failed: [], skipped: [], some: true });
    },
    5 * minutes,
  );

  if (awk !== undefined) {
    test(
      `the host scripts' tests pass with uutils' coreutils and ${awk}`,
      async () => {
        const path = programs({
          ...Object.fromEntries(uutils(debian).map((tool) => [tool, outOf(debian, "usr/bin/coreutils", tool)])),
          awk: outOf(debian, `usr/bin/${awk}`),
        });
        // not the skipped tests: this machine may lack other programs
        const { failed, some } = await unitTests(path, ["test/components/", "test/host/(frame|prelude|ssh)"]);
        expect({ failed, some }).toEqual({ failed: [], some: true });
      },
      30 * minutes,
    );
  }

  for (const shell of shells.filter((one) => packages.includes(one))) {
    test(`a login shell ${shell} runs a step`, () => {
      const [program, ...args] = within(debian, shell, "-c", `${framedCommand("create")} # host: a step`);
      const input = 'create() { printf "%s\\n" "one \'two\' !"; }\n"$1"\n';
      const { stdout, stderr } = spawnSync(program, args, { input, encoding: "utf8" });
      expect([bodyOf(stdout), stderr]).toEqual(["one 'two' !", ""]);
    });
  }

  if (packages.includes("openssh-server")) describe("a host with its sshd and sudo", () => login(debian, awk));
});

/** `NAME VERSION` of each package, without Debian's epoch and revision. */
function versionsIn(debian: Debian, packages: readonly string[]): string[] {
  const options = ["--admindir", join(debian.root, "var/lib/dpkg"), "-W", "-f", "${Package} ${Version}\n"];
  const { stdout } = spawnSync("dpkg-query", [...options, ...packages], { encoding: "utf8" });
  return stdout.trim().split("\n").map((line) => line.replace(/ \d+:/, " ").replace(/-[^-]*$/, "")); // prettier-ignore
}

/** The tools in uutils' coreutils, without `[`, which is a builtin of bash. */
function uutils(debian: Debian): string[] {
  const [program, ...args] = within(debian, "ls", "/usr/lib/cargo/bin/coreutils");
  const tools = spawnSync(program, args, { encoding: "utf8" }).stdout.trim().split("\n");
  return tools.filter((tool) => /^[a-z0-9-]+$/.test(tool));
}

/** The part of jest's report that is read. */
interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Runs unit tests with these programs in place of the machine's. */
async function unitTests(path: string, tests: readonly string[]) {
  const report = join(scratchFolder(), "report.json");
  try {
    const options = ["--config", "jest.config.js", "--json", `--outputFile=${report}`];
    await tryRun(process.execPath, [join(root, "node_modules/jest/bin/jest.js"), ...options, ...tests], {
      cwd: root,
      env: { PATH: `${path}:${process.env["PATH"] ?? ""}`, TMPDIR: "/tmp" },
    });
    const { numPassedTests, testResults } = JSON.parse(readFileSync(report, "utf8")) as Report;
    return {
      failed: testResults.filter(({ status }) => status === "failed").map(({ message }) => message),
      skipped: testResults
        .flatMap(({ assertionResults }) => assertionResults)
        .filter(({ status }) => status === "pending")
        .map(({ fullName }) => fullName),
      some: numPassedTests > 0,
    };
  } finally {
    rmSync(path, { recursive: true });
  }
}

/** Tests over SSH as a user other than root. If awk is set, the host has uutils' coreutils and sudo-rs. */
function login(debian: Debian, awk: string | undefined): void {
  const [sshdPort, key] = [freePort(), join(scratchFolder(), "key")];
  let sshd: ChildProcess;
  const replacements = `
      ln -sf ${awk} /usr/bin/awk
      ln -sf sudo-rs /usr/bin/sudo
      for tool in ${uutils(debian).join(" ")}; do ln -sf coreutils "/usr/bin/$tool"; done`;
  const inside = (text: string) => {
    const [program, ...args] = within(debian, "sh", "-euc", text);
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };

  beforeAll(async () => {
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    inside(`
      useradd --create-home --shell /bin/bash --password '*' ops
      echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops
      chmod 440 /etc/sudoers.d/ops
      install -d -o ops -m 700 /home/ops/.ssh
      echo '${readFileSync(`${key}.pub`, "utf8").trim()}' >/home/ops/.ssh/authorized_keys
      install -d -m 755 /run/sshd
      echo "127.0.0.1 $(uname -n)" >>/etc/hosts
      ${awk === undefined ? "" : replacements}`);
    const options = ["-o", "ListenAddress=127.0.0.1", "-o", "UsePAM=no", "-p", String(await sshdPort)];
    const [program, ...args] = within(debian, "/usr/sbin/sshd", "-D", "-e", ...options);
    sshd = spawn(program, args, { stdio: "ignore" });
  }, 2 * minutes);
  afterAll(() => sshd.kill());

  const run = async (text: string, seconds = 60) => {
    const [type = "", data = ""] = inside("cat /etc/ssh/ssh_host_ed25519_key.pub").split(" ");
    const host = { name: "host", address: "127.0.0.1", user: "ops", privateKeyFile: key, hostKey: `${type} ${data}` };
    return runOverSsh({ ...host, port: await sshdPort }, text, { seconds, patienceSeconds: 20 });
  };

  test("a script runs as root by sudo without a password", async () => {
    const tools =
      awk === undefined
        ? ["/usr/bin/sudo", "/usr/bin/date", "/usr/bin/mawk"]
        : ["/usr/lib/cargo/bin/sudo", "/usr/bin/coreutils", `/usr/bin/${awk}`];
    expect(await run("id -un; echo $SUDO_USER; readlink -f $(command -v sudo date awk)")).toMatchObject({
      kind: "answered",
      output: ["root", "ops", ...tools, ""].join("\n"),
    });
  });

  test("a script that exceeds its time is killed", async () => {
    // timeout's own exit code differs: uutils' before 0.8 ends with 125 where --kill-after is given
    expect(await run("sleep 50", 1)).toEqual({ kind: "failed", said: "timed out after 1 s" });
  });

  test("the survey returns the requested facts", async () => {
    const empty = "PACKAGES= APT_SOURCE= RESOLV_CONF= VIRTUAL_IP= PEERS=";
    const answer = await run(`TCP_PORTS=22 UDP_PORTS= FQDN=kube-control.example.com ${empty}\n${surveyScript}`);
    const facts = parseFacts(answer.kind === "answered" ? answer.output : "");
    expect(Math.abs(Number(facts["time"]) - Date.now() / 1000)).toBeLessThan(10);
    expect(facts).toMatchObject({
      hostname: expect.stringMatching(/./),
      os: "debian",
      apt: "/usr/bin/apt-get",
      cpus: expect.stringMatching(/^\d+$/),
      "memory-mib": expect.stringMatching(/^\d+$/),
      docker: "absent",
      lookups: expect.stringMatching(/\bfiles\b.*\bdns\b/),
      "hosts-lines": "",
    });
  });

  test("a step writes a file under the host's lock", async () => {
    const script =
      'create() { write_file /var/lib/kube-control/a 600 "text"; say "$(stat -c %a /var/lib/kube-control/a)"; }';
    const rendered = renderScript("host", { step: "a step", timeoutSeconds: 60, lock: true, script });
    const input = await new Promise<string>((done) => rendered.apply(done));
    const [program, ...args] = within(debian, "su", "-", "ops", "-c", framedCommand("create"));
    const { stdout, stderr } = spawnSync(program, args, { input, encoding: "utf8" });
    expect([bodyOf(stdout), stderr]).toEqual(["wrote /var/lib/kube-control/a\n600", ""]);
  });
}

/** A free TCP port on loopback. */
function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
