import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateFolder } from "../../pulumi/environment";
import { hasPending, withoutRepeatable } from "../../stack/pending";
import { scratchPlace } from "../scratch";

const operation = (type: string, resource: string) => ({ type, resource: { type: resource } });
const deployment = (...pending: object[]) => ({
  version: 3,
  deployment: { resources: [], pending_operations: pending },
});

test("the pending creation of an idempotent resource is removed", () => {
  const given = deployment(
    operation("creating", "command:local:Command"),
    operation("creating", "command:remote:Command"),
    operation("creating", "pulumi-nodejs:dynamic:Resource"),
    operation("creating", "cloudflare:index/dnsRecord:DnsRecord"),
    operation("creating", "datadog:index/logsMetric:LogsMetric"),
  );
  expect(withoutRepeatable(given)).toEqual(deployment());
});

test("pending operations of other types stay, and so do pending deletions", () => {
  const stays = [
    operation("creating", "docker:index/container:Container"),
    operation("deleting", "command:local:Command"),
  ];
  expect(withoutRepeatable(deployment(...stays))).toBeUndefined();
  expect(withoutRepeatable(deployment(...stays, operation("creating", "command:local:Command")))).toEqual(
    deployment(...stays),
  );
});

test("a deployment without pending operations is not changed", () => {
  expect(withoutRepeatable({ version: 3, deployment: {} })).toBeUndefined();
});

test("pending operations are found in the state file; without a state there are none", () => {
  const place = scratchPlace();
  expect(hasPending(place)).toBe(false);
  const folder = join(stateFolder(place), ".pulumi/stacks/kube-control");
  mkdirSync(folder, { recursive: true });
  const write = (latest: object) =>
    writeFileSync(join(folder, "dev.json"), JSON.stringify({ version: 3, checkpoint: { stack: "dev", latest } }));
  write({ resources: [] });
  expect(hasPending(place)).toBe(false);
  write({ resources: [], pending_operations: [operation("creating", "command:local:Command")] });
  expect(hasPending(place)).toBe(true);
});
