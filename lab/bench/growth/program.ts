/**
 * Runs index.ts once under Pulumi's mocks, in a process of its own, and prints what was registered. Standard input: the
 * stack's configuration and its secrets as JSON.
 */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import type { Step } from "./chain";

export interface MockRun {
  readonly resources: number;
  readonly steps: readonly Step[];
  /** Seconds from the first line of the program to the last registration, its loading included. */
  readonly seconds: number;
}

/** What the mocks' record of inputs leaves out: the request behind it. */
type Register = (
  this: unknown,
  request: { getName(): string; getType(): string; getCustom(): boolean; getDependenciesList(): string[] },
  callback: (...answer: unknown[]) => void,
) => void;

const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";

async function main(): Promise<void> {
  const { configuration, secrets } = JSON.parse(readFileSync(0, "utf8")) as {
    configuration: Readonly<Record<string, unknown>>;
    secrets: Readonly<Record<string, string>>;
  };
  const steps: Step[] = [];
  let last = 0;
  const monitor = MockMonitor.prototype as unknown as { registerResource: Register };
  const register = monitor.registerResource;
  monitor.registerResource = function (this: unknown, request, callback) {
    steps.push({
      name: request.getName(),
      dependencies: request.getDependenciesList().map(nameOf),
      works: request.getCustom() && !request.getType().startsWith("pulumi:providers:"),
    });
    register.call(this, request, (...answer) => {
      last = performance.now();
      callback(...answer);
    });
  };
  await pulumi.runtime.setMocks(
    {
      call: ({ token }) => Promise.reject(new Error(`the program calls ${token}, which would ask somebody`)),
      newResource: ({ name, type, inputs }) => ({
        id: type.startsWith("kube-control:") ? undefined : `${name}-id`,
        state: { ...(inputs as object), url: `/of/${name}` },
      }),
    },
    "kube-control",
    "growth",
    // a preview: an up would dial every host first
    true,
  );
  const texts = Object.entries(configuration).map(([key, value]) => [key, JSON.stringify(value)] as const);
  pulumi.runtime.setAllConfig({ ...Object.fromEntries(texts), ...secrets }, Object.keys(secrets));
  const begin = performance.now();
  const { default: program } = (await import("../../../index.js")) as unknown as { default: () => Promise<unknown> };
  await program();
  // resources made in an apply come after the first wait; two looks in a row that see nothing new end it
  for (let seen = -1; seen !== steps.length;) {
    seen = steps.length;
    await pulumi.runtime.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const run: MockRun = { resources: steps.length, steps, seconds: (last - begin) / 1000 };
  process.stdout.write(JSON.stringify(run));
}

void main();
