import { version } from "../package.json";
import { grok } from "./commands";

test.each(["--help", "-h", "help"])("grok %s shows the usage", async (option) => {
  expect(await grok([option])).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: grok COMMAND/), err: "" });
});

test.each(["--help", "-h"])("grok COMMAND %s shows the usage of the command", async (option) => {
  expect(await grok(["lint", option])).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: grok lint/) });
});

test.each(["--version", "-v"])("grok %s prints the version", async (option) => {
  expect(await grok([option])).toEqual({ code: 0, out: `${version}\n`, err: "", all: `${version}\n` });
});
