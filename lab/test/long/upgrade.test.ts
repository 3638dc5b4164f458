/**
 * Upgrades of a running cluster, measured by the clients of a drill: new connections, requests, writes, watches, and requests by
 * the name on the nodes.
 */
import { explain } from "../../base/error";
import { withLabLock } from "../../base/lock";
import { placeOf } from "../../base/place";
import { recreateHosts } from "../../bench/up/fresh";
import { planLab } from "../../commands/up";
import { type Context, fault } from "../../drill/faults/fault";
import type { Settings } from "../../drill/operator";
import { lineOf } from "../../drill/report/table";
import { discover, trial, type Trial } from "../../drill/trial";
import { labWorkspace } from "../../pulumi/environment";
import { ensurePulumi } from "../../pulumi/pulumi";
import { pulumiIn, upArguments } from "../../pulumi/pulumi-command";
import { checksMustPass, lab, masters, onHost, pulumi } from "../e2e/driver";

const minutes = 60_000;
const place = placeOf();
const versionIs = (version: string): Settings => [[["kubernetes", "version"], version]];

/** A change of the stack's settings, measured from the start of `pulumi up` to the steady state. */
async function changed(title: string, settings: Settings): Promise<Trial> {
  const inject = async ({ operator }: Context) => {
    operator.edit(settings);
    await operator.up();
  };
  const every = fault("settings-changed", title, ({ lab: { stack } }) => stack.masters.map(({ name }) => name), {
    inject,
    onNodes: true,
    seconds: 5,
  });
  const measured = await withLabLock(place, async () =>
    trial(await discover(planLab(place)), every, `change-${Date.now().toString(36)}`, () => undefined),
  ).catch((error: unknown) => {
    throw new Error(explain(error));
  });
  process.stderr.write(`${title}: ${lineOf(measured)}\n`);
  return measured;
}

function expectNoFailedRequest({ during, lost }: Trial): void {
  expect({ failed: during.connect.failed, onNodes: during.node.failed, lost, moves: during.moves }).toEqual({
    failed: 0,
    onNodes: 0,
    lost: 0,
    moves: 0,
  });
}

async function expectVersion(version: string): Promise<void> {
  for (const master of masters) {
    const seen = await onHost(
      master,
      `kubelet --version; for p in kube-apiserver kube-controller-manager kube-scheduler; do tr '\\0' '\\n' </proc/$(pgrep -xo "\${p:0:15}")/cmdline | head -1 && "/proc/$(pgrep -xo "\${p:0:15}")/root/usr/local/bin/$p" --version; done`,
    );
    expect([...new Set(seen.match(/v1\.\d+\.\d+/g))]).toEqual([version]);
  }
  await checksMustPass(300);
  const { code, stdout } = await pulumi(["preview", "--expect-no-changes", "--non-interactive"]);
  expect([code, code === 0 ? "" : stdout]).toEqual([0, ""]);
}

/** Builds the stack with a version on new hosts. */
async function build(version: string): Promise<void> {
  expect((await lab([], 3600)).code).toBe(0);
  const workspace = labWorkspace(place, await ensurePulumi(place));
  await recreateHosts(planLab(place), workspace, () => undefined);
  await pulumi(["config", "set", "--path", "kube-control:kubernetes.version", version]);
  await pulumiIn(workspace, upArguments);
  await expectVersion(version);
}

process.env["LAB_KUBERNETES"] = "v1.36.1 v1.36.3";

describe("an upgrade", () => {
  test("begins with a cluster of v1.36.1", () => build("v1.36.1"), 60 * minutes);

  test(
    "is planned in a preview, host by host",
    async () => {
      await pulumi(["config", "set", "--path", "kube-control:kubernetes.version", "v1.36.3"]);
      const { code, stdout } = await pulumi(["preview", "--non-interactive"]);
      expect([code, stdout]).toEqual([0, expect.stringContaining("Kubernetes v1.36.1 → v1.36.3")]);
      for (const master of masters) expect(stdout).toContain(`${master}: drain, etcd leadership moves away`);
    },
    5 * minutes,
  );

  test.each([
    ["v1.35.4", "Kubernetes supports no downgrade"],
    ["v1.38.0", "would skip a minor version"],
  ])(
    "to %s is refused in a preview",
    async (version, said) => {
      await pulumi(["config", "set", "--path", "kube-control:kubernetes.version", version]);
      const { code, stdout, stderr } = await pulumi(["preview", "--non-interactive"]);
      expect([code === 0, stdout + stderr]).toEqual([false, expect.stringContaining(said)]);
      await pulumi(["config", "set", "--path", "kube-control:kubernetes.version", "v1.36.1"]);
    },
    5 * minutes,
  );

  test.each(["v1.36.3", "v1.37.2"])(
    "to %s fails no request",
    async (version) => {
      expectNoFailedRequest(await changed(`upgrade to ${version}`, versionIs(version)));
      await expectVersion(version);
    },
    30 * minutes,
  );
});
