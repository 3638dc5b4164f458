import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { whereIs } from "../../lab/machine/apt";

// Hosts that are folders. Tests of components and of host/ run the real scripts on them. See README.md.

/** Tools that change nothing outside the test's folder. They are linked from this machine; the scripts' PATH has no others. */
const real =
  "awk base64 cat chmod cmp cp cut date df dirname du env flock grep head mkdir mktemp mv od rmdir sed sha256sum sleep sort sync tail tar tee timeout touch tr truncate wc xargs sh";
const standIns =
  "apt-get apt-mark bash ctr docker dpkg dpkg-query find getent haproxy hostname id ip ip6tables-legacy-restore ip6tables-legacy-save ip6tables-restore ip6tables-save " +
  "iptables-legacy-restore iptables-legacy-save iptables-restore iptables-save journalctl keepalived kubeadm kubectl kubelet nft rm socat ssh systemctl systemd-run uname";

// sleep returns at once and advances $SECONDS; only the watchdog sleeps for real
const clock = `sleep() {
  if [[ $1 == "\${KC_TIMEOUT-}" ]]; then command sleep "$1"; else SECONDS=$((SECONDS + (\${1%.*} + 1) * HASTE)); fi
}
`;

const realTool = (tool: string) => whereIs(tool) ?? tool;

/** An answer to a call, in place of the fake's own behaviour. */
export interface Order {
  /** How many calls get it. Default: all. */
  readonly times?: number;
  /** Default: 0. */
  readonly status?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** A folder for every host's root, and fakes of the tools (tool.sh). `remove` deletes it. */
export class StandInHosts {
  readonly world = mkdtempSync(join(tmpdir(), "kube-control-hosts-"));
  /** Seconds by which a sleep of one second advances the scripts' clock. */
  haste = 1;
  /** More variables of the scripts' environment. */
  environment: Readonly<Record<string, string>> = {};
  private orders = 0;

  constructor(addresses: Readonly<Record<string, string>>) {
    for (const folder of ["bin", "tmp", "orders", "cluster/nodes", "cluster/etcd", "cluster/tokens"]) {
      mkdirSync(join(this.world, folder), { recursive: true });
    }
    for (const host of Object.keys(addresses)) mkdirSync(join(this.world, "hosts", host, "run"), { recursive: true });
    this.write("addresses", Object.entries(addresses).map((pair) => `${pair.join(" ")}\n`).join("")); // prettier-ignore
    this.write("clock", clock);
    for (const file of ["listens", "name", "calls", "argv", "tokens", "keys", "strays", "proxied"])
      this.write(file, "");
    for (const tool of real.split(" ")) this.link(realTool(tool), `bin/${tool}`);
    this.link(join(__dirname, "secrets.sh"), "secrets.sh");
    // tool.sh runs these if their arguments are in the test's folder
    for (const tool of ["find", "rm"]) this.link(realTool(tool), `real/${tool}`);
    for (const tool of standIns.split(" ")) this.link(join(__dirname, "tool.sh"), `bin/${tool}`);
  }

  path(file: string): string {
    return join(this.world, file);
  }
  write(file: string, text = "", mode = 0o644): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    // a linked tool is replaced, not the file that it links to
    rmSync(this.path(file), { force: true });
    writeFileSync(this.path(file), text, { mode });
  }
  read(file: string): string {
    return readFileSync(this.path(file), "utf8");
  }
  exists(file: string): boolean {
    return existsSync(this.path(file));
  }
  link(target: string, file: string): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    rmSync(this.path(file), { force: true });
    symlinkSync(target, this.path(file));
  }
  mode(file: string): number {
    return statSync(this.path(file)).mode & 0o777;
  }
  delete(file: string): void {
    rmSync(this.path(file), { recursive: true });
  }
  list(folder: string): string[] {
    return readdirSync(this.path(folder)).sort();
  }
  /** The names of the files below the folder that contain the text. */
  holding(text: string, folder = ""): string[] {
    return readdirSync(this.path(folder), { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name), "utf8").includes(text))
      .map((entry) => entry.name);
  }

  /** Answers calls that match a regular expression of bash. A call is `HOST: TOOL WORDS`, of ssh `ssh HOST: FUNCTION`. */
  order(about: string, { times = 100_000, status = 0, stdout = "", stderr = "" }: Order): void {
    const folder = `orders/${++this.orders}`;
    for (const [file, text] of Object.entries({ times, status, stdout, stderr, about })) {
      this.write(join(folder, file), String(text));
    }
  }

  /** Records the arguments of the real tools too. */
  noteEveryProcess(): void {
    for (const tool of real.split(" ")) {
      this.delete(`bin/${tool}`);
      const note = `printf '%s\\n' "${tool} $*" >>"$WORLD/argv"`;
      this.write(`bin/${tool}`, `#!/bin/bash\n${note}\nexec ${realTool(tool)} "$@"\n`, 0o755);
    }
  }

  /** The environment of a script that runs with these tools, beside Pulumi or on a host. */
  variables(host: string): Record<string, string> {
    return {
      WORLD: this.world,
      AT: host,
      HASTE: String(this.haste),
      PATH: this.path("bin"),
      TMPDIR: this.path("tmp"),
      BASH_ENV: this.path("clock"),
      ...this.environment,
    };
  }

  /** Runs a function of a script on a host, or beside Pulumi (an empty host). The input follows the script. */
  async run(text: string, phase: "create" | "check" | "delete", host = "", input?: Buffer) {
    for (const file of ["calls", "argv"]) this.write(file);
    const root = this.path(`hosts/${host}`);
    const local =
      host === ""
        ? text
        : text.replaceAll(
            /(?<![\w./])\/(boot|etc|root|run|var|proc|sys\/fs|usr\/lib\/apt|usr\/local)\b/g,
            `${root}/$1`,
          );
    const bash = spawn("/bin/bash", ["-s", "--", phase], { env: this.variables(host) });
    let [stdout, stderr] = ["", ""];
    bash.stdout.on("data", (data) => (stdout += data));
    bash.stderr.on("data", (data) => (stderr += data));
    bash.stdin.on("error", () => undefined).write(local);
    bash.stdin.end(input);
    const status = await new Promise<number | null>((resolve) => bash.on("close", resolve));
    return { status, stdout, stderr, calls: this.read("calls").trim().split("\n") };
  }

  remove(): void {
    const strays = this.read("strays");
    rmSync(this.world, { recursive: true });
    if (strays !== "") throw new Error(`a script used a path outside the test's folder: ${strays}`);
  }
}
