// Starts a TypeScript file of this project on a machine that may hold nothing but Node and npm: installs the npm packages
// where they are missing or older than package-lock.json, then runs the file with the remaining arguments.
//
//   node lab/bootstrap.mjs FILE.ts [ARGUMENT…]
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const oldestNode = [20, 19];

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
  console.error(
    `error: this is Node ${process.versions.node}, and kube-control needs ${oldestNode.join(".")} or newer.`,
  );
  process.exit(1);
}

/** Runs a command, passes signals on to it, and gives its exit code as a shell would. */
function run(command, args, options) {
  return new Promise((done) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    // at a terminal, Ctrl-C reaches the command by itself; a second signal would cut short what it still has to end
    const forward = (signal) => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal));
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward);
    child.on("error", (error) => {
      console.error(`error: cannot run ${command}: ${error.message}`);
      done(127);
    });
    child.on("close", (code, signal) => {
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(name, forward);
      done(code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0));
    });
  });
}

// node_modules carries the hash of the lock file it was installed from
const stamp = join(root, "node_modules", ".kube-control-lock");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const installed = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
if (installed !== wanted) {
  console.error(
    installed === "" ? "Installing npm packages …" : "package-lock.json has changed: installing npm packages …",
  );
  const begin = Date.now();
  // no install scripts: one of them would download a Pulumi plugin, which the lab provides itself
  const code = await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (code !== 0) {
    console.error("error: npm ci failed (see above). Is the npm registry reachable?");
    process.exit(code);
  }
  writeFileSync(stamp, wanted);
  console.error(`npm packages installed in ${Math.round((Date.now() - begin) / 1000)} s`);
}

const [file, ...rest] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node lab/bootstrap.mjs FILE.ts [ARGUMENT…]");
  process.exit(2);
}
const tsx = join(root, "node_modules", "tsx", "dist", "loader.mjs");
process.exit(await run(process.execPath, ["--import", `file://${tsx}`, resolve(root, file), ...rest]));
