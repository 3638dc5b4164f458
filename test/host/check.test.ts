import { readFileSync } from "node:fs";
import { type CheckedScript, renderCheck } from "../../host/host-state";
import { StandInHosts } from "../stand-ins/hosts";

// check.sh, the functions of a check, run by bash on a host that is a folder.

const host = "haproxy-lb1";
let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts({ [host]: "192.0.2.21" });
  for (const tool of ["stat", "diff"]) world.link(`/usr/bin/${tool}`, `bin/${tool}`);
});
afterEach(() => world.remove());

async function check(body: string, args: Partial<CheckedScript> = {}) {
  const rendered = renderCheck(host, { what: "files", script: `check() {\n${body}\n}\n`, ...args });
  const { status, stdout } = await world.run(
    await new Promise<string>((resolve) => rendered.apply(resolve)),
    "check",
    host,
  );
  expect(status).toBe(0);
  return stdout;
}
const file = "etc/haproxy/haproxy.cfg";
const path = () => world.path(`hosts/${host}/${file}`);

test("a file that is missing, or has another mode or content, differs", async () => {
  const body = `write_file /${file} 0644 $'global\\n  maxconn 10\\n'`;
  expect(await check(body)).toBe(`differs ${path()}: is missing\n`);
  world.write(`hosts/${host}/${file}`, "global\n  maxconn 20\n", 0o600);
  const found = await check(body);
  expect(found).toContain(`differs ${path()}: has mode and owner 0600 `);
  expect(found).toContain(`differs ${path()}: has other content\n  -  maxconn 10\n  +  maxconn 20\n`);
  expect(readFileSync(path(), "utf8")).toContain("maxconn 20");
});

test("the difference of a file shows neither our secrets nor those that somebody wrote", async () => {
  world.write(`hosts/${host}/${file}`, "auth_pass theirs\npriority 9\n");
  const found = await check(`write_file /${file} 0644 "auth_pass $PASSWORD"$'\\npriority 1\\n'`, {
    secrets: { PASSWORD: "ours" },
  });
  expect(found).toContain("  -priority 1\n  +priority 9\n");
  expect(found).not.toMatch(/ours|theirs/);
});

test("a unit that is stopped or not enabled differs, a package by its version and hold", async () => {
  world.order("systemctl is-active haproxy.service", { status: 3, stdout: "inactive\n", times: 9 });
  world.order("systemctl is-enabled haproxy.service", { status: 1, stdout: "disabled\n", times: 9 });
  expect(await check("expect_unit haproxy")).toBe(
    "differs haproxy.service: is inactive, expected active\ndiffers haproxy.service at boot: is disabled, expected enabled\n",
  );
  world.order("dpkg-query", { stdout: "ii 1.2-1", times: 9 });
  expect(await check("expect_package x 1.3-1; expect_held x; expect_package x")).toBe(
    "differs package x: has version 1.2-1, expected 1.3-1\ndiffers package x: is not held\n",
  );
});

test("a check takes no lock", async () => {
  await check("true");
  expect(world.exists(`hosts/${host}/run/kube-control/lock`)).toBe(false);
});
