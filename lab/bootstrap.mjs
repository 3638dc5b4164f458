// Runs a TypeScript file of this project on a machine that has only Node and npm. It installs the npm packages if they are
// missing or older than package-lock.json, then runs the file in this process with the remaining arguments.
//
//   node lab/bootstrap.mjs FILE.ts [ARGUMENT…]
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const fail = (message, code) => {
  console.error(message);
  process.exit(code);
};

const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const [oldest, current] = [engines.node, process.versions.node].map((text) => text.match(/\d+/g).map(Number));
if (current[0] < oldest[0] || (current[0] === oldest[0] && current[1] < oldest[1])) {
  fail(`error: this is Node ${process.versions.node}, and kube-control needs ${oldest[0]}.${oldest[1]} or newer.`, 1);
}

/** Installs the packages and forwards signals to npm; returns npm's exit code. */
function install() {
  // no install scripts: one of them downloads a Pulumi plugin, and the lab provides its own
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = spawn("npm", args, { cwd: root, stdio: ["ignore", 2, 2] });
  const forward = (signal) => npm.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((done) => {
    npm.on("error", (error) => fail(`error: cannot run npm: ${error.message}`, 127));
    npm.on("close", (code) => {
      for (const signal of signals) process.off(signal, forward);
      done(code ?? 1);
    });
  });
}

// node_modules holds the hash of the lock file that it was installed from
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
  const code = await install();
  if (code !== 0) fail("error: npm ci failed (see above). Is the npm registry reachable?", code);
  writeFileSync(stamp, wanted);
  console.error(`npm packages installed in ${Math.round((Date.now() - begin) / 1000)} s`);
}

const [, , file, ...rest] = process.argv;
if (file === undefined) fail("usage: node lab/bootstrap.mjs FILE.ts [ARGUMENT…]", 2);
// the same module that `node --import` would load
await import(`file://${join(root, "node_modules", "tsx", "dist", "loader.mjs")}`);
process.argv = [process.execPath, resolve(root, file), ...rest];
createRequire(import.meta.url)(process.argv[1]);
