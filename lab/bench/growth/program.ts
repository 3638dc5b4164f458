/**
 * Runs index.ts once under Pulumi's mocks, in a process of its own, and prints what was registered. Standard input: the
 * stack's configuration and its secrets as JSON.
 */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type Engine, record } from "../../../test/recorder";
import type { Step } from "./chain";

export interface MockRun {
  readonly resources: number;
  readonly steps: readonly Step[];
  /** Seconds from the first line of the program to the last registration, its loading included. */
  readonly seconds: number;
}

async function main(): Promise<void> {
  const { configuration, secrets } = JSON.parse(readFileSync(0, "utf8")) as {
    configuration: Readonly<Record<string, unknown>>;
    secrets: Readonly<Record<string, string>>;
  };
  const texts = Object.entries(configuration).map(([key, value]) => [key, JSON.stringify(value)] as const);
  const newResource: Engine["newResource"] = ({ name, type, inputs }) => ({
    id: type.startsWith("kube-control:") ? undefined : `${name}-id`,
    state: { ...(inputs as object), url: `/of/${name}` },
  });
  let begin = 0;
  // a preview: an up would dial every host first
  const { resources, answeredAt } = await record({ newResource, preview: true }, async () => {
    pulumi.runtime.setAllConfig({ ...Object.fromEntries(texts), ...secrets }, Object.keys(secrets));
    begin = performance.now();
    const { default: program } = (await import("../../../index.js")) as unknown as { default: () => Promise<unknown> };
    await program();
  });
  const steps: Step[] = resources.map(({ name, type, custom, dependencies }) => ({
    name,
    dependencies,
    works: custom && !type.startsWith("pulumi:providers:"),
  }));
  const run: MockRun = { resources: steps.length, steps, seconds: (answeredAt - begin) / 1000 };
  process.stdout.write(JSON.stringify(run));
}

void main();
