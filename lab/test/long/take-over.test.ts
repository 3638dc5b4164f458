/**
 * A stack that an earlier version of the program built is taken over by this one, and then upgraded, under the drill's clients.
 * The earlier version is the last one that built clusters of Kubernetes v1.34.
 */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../base/process";
import { type Settings, withSettings } from "../../drill/operator";
import { ensurePulumi } from "../../pulumi/pulumi";
import { pulumiIn, upArguments } from "../../pulumi/pulumi-command";
import { ensureProject } from "../../stack/project";
import { scratchFolder } from "../scratch";
import { lab as labCommand, place, pulumi } from "../e2e/driver";
import { expectNothingToChange, expectVerified, planWith, prepareNewHosts } from "./stack-on-new-hosts";
import { changeUnderClients, expectNoFailure } from "./under-clients";

const minutes = 60_000;
const earlier = "3f98a3e8f518bf7ec9c9bcacd8c202b75617bb0c";
const version = (name: string): Settings[number] => [["kubernetes", "version"], name];

process.env["LAB_KUBERNETES"] = "v1.34.4 v1.35.4";
// The earlier version has no backup. With one, the agent's container is replaced, because it needs the folder of the copies.
const lab = planWith([version("v1.34.4"), [["backup"], undefined]]);
/** A setting that the earlier version does not have. */
const withoutAddress = withSettings(lab.stack.text, [[["nas", "address"], undefined]]);

afterAll(async () => {
  await labCommand(["down"], 300);
}, 10 * minutes);

test(
  "an earlier version builds the stack",
  async () => {
    const program = join(scratchFolder(), "earlier");
    await run("git", ["clone", "--quiet", "--no-checkout", place.root, program]);
    await run("git", ["checkout", "--quiet", earlier], { cwd: program });
    await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: program });
    // the settings name files below .lab
    symlinkSync(place.folder, join(program, ".lab"));
    const workspace = await prepareNewHosts(lab, { program, text: withoutAddress });
    await pulumiIn(workspace, upArguments);
  },
  60 * minutes,
);

test(
  "a preview of this version replaces and deletes nothing",
  async () => {
    await ensureProject(place, await ensurePulumi(place), lab.stack, () => undefined);
    const { code, stdout } = await pulumi(["preview", "--json", "--non-interactive"]);
    const { changeSummary } = JSON.parse(stdout) as { readonly changeSummary: Readonly<Record<string, number>> };
    process.stderr.write(`the preview of the take-over: ${JSON.stringify(changeSummary)}\n`);
    expect([code, Object.keys(changeSummary).filter((op) => !["same", "update", "create"].includes(op))]).toEqual([
      0,
      [],
    ]);
  },
  5 * minutes,
);

test.each<[string, Settings]>([
  ["an up of this version", []],
  ["an upgrade to v1.35.4", [version("v1.35.4")]],
])(
  "%s fails no request, and leaves nothing to change",
  async (title, settings) => {
    expectNoFailure(await changeUnderClients(lab, title, settings));
    await expectVerified(lab);
    await expectNothingToChange();
  },
  30 * minutes,
);
