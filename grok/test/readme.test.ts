import { readFileSync } from "node:fs";
import { join } from "node:path";
import { grok, scratch } from "./commands";

// README's files are written to a folder, and its commands run there, in order.

const readme = readFileSync(join(__dirname, "../README.md"), "utf8");
const { folder, write } = scratch();
const blocks = [...readme.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
  language,
  text,
}));

beforeAll(() => process.chdir(folder));
afterAll(() => process.chdir(join(__dirname, "../..")));

/** The words of a command line: separated by blanks, or in single quotes. */
const words = (line: string) =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");

test("the commands in README give the output that it shows", async () => {
  let commands = 0;
  for (const { language, text } of blocks) {
    const [, name] = /^# (\S+\.(?:yaml|log))\n/.exec(text) ?? [];
    if (name !== undefined) write(name, name.endsWith(".log") ? text.slice(text.indexOf("\n") + 1) : text);
    if (language !== "console") continue;
    const [command = "", ...lines] = text.split("\n");
    const [, ...args] = words(command.replace(/^\$ /, ""));
    const { all } = await grok(args);
    expect(`${command}\n${all}`).toBe(`${command}\n${lines.join("\n")}`);
    commands++;
  }
  expect(commands).toBeGreaterThan(1);
});
