import { RuleTester } from "eslint";
import rule from "../../eslint-rules/import-direction.cjs";

const options = [{ root: "/project" }];
const from = (filename: string, code: string) => ({ filename: `/project/${filename}`, code, options });
const refused = (filename: string, code: string, one: string, other: string) => ({
  ...from(filename, code),
  errors: [{ message: `${one} does not import ${other}: the direction is index → settings, components → host, grok` }],
});

new RuleTester().run("import-direction", rule, {
  valid: [
    from("index.ts", `import { loadSettings } from "./settings";`),
    from("index.ts", `import { DnsRecord } from "./components/dns-record";`),
    from("settings.ts", `export * from "./settings/schema";`),
    from("settings/pipelines.ts", `import { readPipelineFile } from "../grok/pipeline/file";`),
    from("components/dns-record/swap.ts", `import { hostScript } from "../../host/script";`),
    from("components/dns-record/index.ts", `export * from "./dns-record";`),
    from("components/datadog-log-pipeline/samples.ts", `import { parse } from "../../grok";`),
    from("components/dns-record/swap.ts", `import Cloudflare from "cloudflare";`),
    from("lab/cli.ts", `import { connectionTo } from "../host/connection";`),
    from("test/settings/loaded.test.ts", `import { raise } from "../../lab/raise";`),
  ],
  invalid: [
    refused("index.ts", `import { raise } from "./lab/raise";`, "index.ts", "lab"),
    refused("components/dns-record/swap.ts", `import { a } from "../../lab/dns";`, "components", "lab"),
    refused(
      "components/dns-record/swap.ts",
      `import { loadSettings } from "../../settings";`,
      "components",
      "settings.ts",
    ),
    refused(
      "components/dns-record/swap.ts",
      `import { stackSchema } from "../../settings/schema";`,
      "components",
      "settings",
    ),
    refused("host/script.ts", `export { a } from "../components/dns-record";`, "host", "components"),
    refused("grok/rules.ts", `import { hostScript } from "../host/script";`, "grok", "host"),
    refused("grok/rules.ts", `import { Draft } from "../settings/draft";`, "grok", "settings"),
    refused("grok/rules.ts", `export * from "../test/samples";`, "grok", "test"),
    refused("host/script.ts", `void import("../index");`, "host", "index.ts"),
  ],
});
