import type { EngineEvent } from "@pulumi/pulumi/automation";
import { UpdateWatch } from "../../stack/deploy";

const urn = (name: string, type = "command:remote:Command") => `urn:pulumi:dev::kube-control::${type}::${name}`;
const child = (name: string) => urn(name, "kube-control:index:ControlPlane$command:remote:Command");

/** An engine event with the fields that are read here. */
const event = (about: object) => ({ sequence: 0, timestamp: 0, ...about }) as EngineEvent;
const begins = (at: string, op = "create") => event({ resourcePreEvent: { metadata: { urn: at, op } } });
const ends = (at: string, op = "create") => event({ resOutputsEvent: { metadata: { urn: at, op } } });
const fails = (at: string) => event({ resOpFailedEvent: { metadata: { urn: at, op: "create" } } });
const says = (message: string, more: object = {}) =>
  event({ diagnosticEvent: { severity: "error", color: "never", message, ...more } });

function watched(...events: readonly EngineEvent[]) {
  const clock = { now: 50_000 };
  const told: string[] = [];
  const watch = new UpdateWatch(
    (detail) => told.push(detail),
    () => clock.now,
  );
  events.forEach((one) => watch.see(one));
  return { watch, clock, told, tell: () => (watch.tell(), told.at(-1)) };
}

describe("errors", () => {
  test("are kept by resource, in the order of arrival, without colour tags and blank lines", () => {
    const { watch } = watched(
      says("<{%fg 1%}>k8s-master1: install: no space left<{%reset%}>\n\n", {
        urn: child("kubernetes-k8s-master1-prepare"),
      }),
      says("the program has failed", { urn: "" }),
      says("a name with :: in it", { urn: urn("odd::name") }),
    );
    expect(watch.errors).toEqual([
      "kubernetes-k8s-master1-prepare: k8s-master1: install: no space left",
      "the program has failed",
      "odd::name: a name with :: in it",
    ]);
  });

  test("leave out ephemeral messages, other severities and the engine's last message", () => {
    const { watch } = watched(
      says("trying again", { urn: child("join"), ephemeral: true }),
      says("deprecated", { severity: "warning" }),
      says("[k8s-master2] joined", { severity: "info" }),
      says("<{%reset%}>update failed<{%reset%}>\n", { urn: urn("kube-control-dev", "pulumi:pulumi:Stack") }),
      says("preview failed"),
      says("<{%reset%}>\n"),
    );
    expect(watch.errors).toEqual([]);
  });

  test("include one that only begins like the engine's last message", () => {
    expect(watched(says("update failed: conflict")).watch.errors).toEqual(["update failed: conflict"]);
  });
});

describe("the progress", () => {
  test("shows the running steps with their seconds, the longest first, and the number done", () => {
    const { watch, clock, tell } = watched();
    expect(tell()).toBe("0 resources done");
    watch.see(begins(urn("prepare-1")));
    clock.now += 61_400;
    watch.see(begins(urn("prepare-2")));
    clock.now += 2_000;
    expect(tell()).toBe("0 resources done; now prepare-1 63 s, prepare-2 2 s");
    watch.see(ends(urn("prepare-1")));
    expect(tell()).toBe("1 resources done; now prepare-2 2 s");
    watch.see(fails(urn("prepare-2")));
    expect(tell()).toBe("2 resources done");
  });

  test("names at most four steps and counts the others", () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    expect(watched(...names.map((name) => begins(urn(name)))).tell()).toBe(
      "0 resources done; now a 0 s, b 0 s, c 0 s, d 0 s and 2 more",
    );
  });

  test("leaves out unchanged resources, components and the stack, but shows a component's children", () => {
    const { tell } = watched(
      begins(urn("same"), "same"),
      begins(urn("kube-control-dev", "pulumi:pulumi:Stack")),
      begins(urn("kubernetes", "kube-control:index:ControlPlane")),
      begins(child("kubernetes-init")),
    );
    expect(tell()).toBe("0 resources done; now kubernetes-init 0 s");
  });
});
