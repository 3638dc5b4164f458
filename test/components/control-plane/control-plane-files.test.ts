import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditPolicy } from "../../../components/control-plane/audit-policy";
import { controlPlaneFiles, controlPlaneFilesScript } from "../../../components/control-plane/control-plane-files";
import { scripts } from "../../../components/control-plane/scripts";
import { addresses, blankHosts, makeNode, scriptTexts } from "../../stand-ins/cluster";
import type { StandInHosts } from "../../stand-ins/hosts";

// The files that the API servers read, on hosts that are folders.

const folder = mkdtempSync(join(tmpdir(), "kube-control-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const authentication = join(folder, "authentication.yaml");
// quotes, a dollar, and two line feeds at the end
const content = `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n# it's "$HOME"\n\n`;
writeFileSync(authentication, content);
const apiServer = { audit: { enabled: true }, authentication };
const files = controlPlaneFiles(apiServer);
const paths = [files.auditPolicy?.path ?? "", files.authentication?.path ?? ""];
const on = (name: string, path: string) => `hosts/${name}${path}`;

let texts: (step: string) => string;
let world: StandInHosts;
beforeAll(async () => {
  texts = await scriptTexts({ apiServer });
});
beforeEach(() => {
  world = blankHosts();
});
afterEach(() => world.remove());

const expectFiles = (name: string) => {
  expect(paths.map((path) => world.read(on(name, path)))).toEqual([auditPolicy, content]);
  expect(paths.map((path) => world.mode(on(name, path)))).toEqual([0o600, 0o600]);
};

test("the first master gets the files before kubeadm starts the API server", async () => {
  world.order("kubeadm init", { status: 1, stderr: "no API server\n" });
  expect((await world.run(texts("k8s-master1-init"), "create", "k8s-master1")).status).not.toBe(0);
  expectFiles("k8s-master1");
});

test("a master that joins also gets the files of the master that it joins through, with which kubeadm starts it", async () => {
  makeNode(world, "k8s-master1");
  const former = "/etc/kubernetes/kube-control/audit-policy-01234567.yaml";
  world.write(on("k8s-master1", former), "former\n\n");
  const { status, stderr } = await world.run(texts("k8s-master2-join"), "create");
  expect([status, stderr]).toEqual([0, ""]);
  expectFiles("k8s-master2");
  expect([world.read(on("k8s-master2", former)), world.mode(on("k8s-master2", former))]).toEqual(["former\n\n", 0o600]);
});

test("a worker gets none of them", async () => {
  makeNode(world, "k8s-master1");
  expect((await world.run(texts("k8s-worker1-join"), "create")).status).toBe(0);
  expect(world.exists("hosts/k8s-worker1/etc/kubernetes/kube-control")).toBe(false);
});

test("a cluster that does not encrypt yet: a master joins without keys", async () => {
  const encrypted = await scriptTexts({ encryptionKeyGeneration: 2 });
  makeNode(world, "k8s-master1");
  world.delete("hosts/k8s-master1/etc/kubernetes/pki/encryption-at-rest.yaml");
  const manifest = "hosts/k8s-master1/etc/kubernetes/manifests/kube-apiserver.yaml";
  world.write(manifest, "    - kube-apiserver\n");
  expect((await world.run(encrypted("k8s-master2-join"), "create")).status).toBe(0);
  expect(world.exists("hosts/k8s-master2/etc/kubernetes/pki/encryption-at-rest.yaml")).toBe(false);
});

describe("the functions for other scripts", () => {
  const name = "k8s-master1";
  const manifest = on(name, "/etc/kubernetes/manifests/kube-apiserver.yaml");
  /** The script of a step that has the functions, with another body. */
  const run = (body: string, phase: "create" | "check" = "create") => {
    const text = texts(`${name}-init`).replace(/^run_phase "\$1"$/m, `${phase}() { ${body}; }\nrun_phase "$1"`);
    return world.run(text, phase, name);
  };

  test("control_plane_file_paths prints a path a line", async () => {
    const { stdout } = await run("control_plane_file_paths >&3");
    expect(stdout.split("\n").map((path) => path.replace(/^.*(?=\/etc\/)/, ""))).toEqual([...paths, ""]);
  });

  test("without files both functions do nothing", () => {
    expect(controlPlaneFilesScript({})).toBe(
      "control_plane_file_paths() { :; }\nwrite_control_plane_files() {\n  :\n}\n",
    );
    expect(controlPlaneFiles({ audit: { enabled: false } })).toEqual({});
  });

  test("remove_stale_control_plane_files keeps the present files and those in the manifest", async () => {
    const [stale, used] = ["admission-00000000.yaml", "admission-11111111.yaml"].map(
      (file) => `/etc/kubernetes/kube-control/${file}`,
    ) as [string, string];
    for (const path of [...paths, stale, used]) world.write(on(name, path), "x");
    world.write(manifest, `    - --admission-control-config-file=${world.path(on(name, used))}\n`);
    const { status } = await run("remove_stale_control_plane_files");
    expect(status).toBe(0);
    expect([...paths, stale, used].map((path) => world.exists(on(name, path)))).toEqual([true, true, false, true]);
  });
});

test("the update of a running master contains the functions; that of a worker writes nothing", () => {
  expect(scripts.update({}, files)).toContain(controlPlaneFilesScript(files));
  expect(texts(`${Object.keys(addresses)[0]}-update`)).toContain(paths[0]);
  expect(texts("k8s-worker1-update")).toContain(controlPlaneFilesScript({}));
});
