import type { EngineEvent } from "@pulumi/pulumi/automation";
import { newestWithout } from "../../kill/checkpoint";
import { createdBy } from "../../kill/killed-up";

const outputs = (op: string, type: string, planning = false) =>
  ({ resOutputsEvent: { metadata: { op, type, urn: `urn:pulumi:dev::p::${type}::x` }, planning } }) as EngineEvent;

test("a creation with an effect is one to interrupt; a component, a provider, a change and a plan are not", () => {
  expect(createdBy(outputs("create", "command:remote:Command"))).toBe("urn:pulumi:dev::p::command:remote:Command::x");
  expect(createdBy(outputs("create", "kube-control:index:DnsRecord"))).toBeUndefined();
  expect(createdBy(outputs("create", "pulumi:providers:docker"))).toBeUndefined();
  expect(createdBy(outputs("update", "command:remote:Command"))).toBeUndefined();
  expect(createdBy(outputs("create", "command:remote:Command", true))).toBeUndefined();
  expect(createdBy({} as EngineEvent)).toBeUndefined();
});

test("the state is put back to the last text that does not note the resource", () => {
  const text = (...urns: string[]) =>
    JSON.stringify({ checkpoint: { latest: { resources: urns.map((urn) => ({ urn })) } } });
  const texts = [text(), text("a"), text("a", "b"), text("a", "b", "c")];
  expect(newestWithout("b", texts)).toBe(texts[1]);
  expect(newestWithout("c", texts)).toBe(texts[2]);
  expect(newestWithout("a", texts.slice(1))).toBeUndefined();
});
