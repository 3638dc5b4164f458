/**
 * Runs index.ts once under Pulumi's mocks, and prints the registered resources. Reads the stack's configuration as JSON from
 * standard input.
 */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type Engine, record } from "../../../test/recorder";
import type { Step } from "./chain";
import type { StackConfiguration } from "./stacks";

export interface MockRun {
  /** Every resource, components and providers included. */
  readonly steps: readonly Step[];
  /** Seconds from the first line of the program to the last registration, with the loading of modules. */
  readonly seconds: number;
}

/** Fake values for the program's secrets. */
const secrets = {
  "kube-control:cloudflareApiToken": "0".repeat(40),
  "kube-control:datadogApiKey": "0".repeat(32),
  "kube-control:datadogAppKey": "0".repeat(40),
};

async function main(): Promise<void> {
  const configuration = JSON.parse(readFileSync(0, "utf8")) as StackConfiguration;
  const texts = Object.entries(configuration).map(([key, value]) => [key, JSON.stringify(value)] as const);
  const newResource: Engine["newResource"] = ({ name, type, inputs }) => ({
    id: type.startsWith("kube-control:") ? undefined : `${name}-id`,
    state: { ...(inputs as object), url: `/of/${name}` },
  });
  let begin = 0;
  // a preview, because an up dials every host first
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
  process.stdout.write(JSON.stringify({ steps, seconds: (answeredAt - begin) / 1000 } satisfies MockRun));
}

void main();
