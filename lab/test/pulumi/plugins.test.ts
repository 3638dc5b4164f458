import { pluginChoices } from "../../pulumi/plugins";

const all = (kind: string) => ({ command: kind, cloudflare: kind, datadog: kind, docker: kind });

test.each<[string, Record<string, string>]>([
  ["", all("any")],
  [" , ", all("any")],
  ["official", all("official")],
  ["stand-in", all("stand-in")],
  ["docker=stand-in", { ...all("any"), docker: "stand-in" }],
  ["command=official, docker=stand-in", { ...all("any"), command: "official", docker: "stand-in" }],
  ["official,docker=stand-in", { ...all("official"), docker: "stand-in" }],
  ["docker=stand-in,docker=official", { ...all("any"), docker: "official" }],
])("LAB_PLUGINS=%j selects the kind of each plugin", (text, choices) => expect(pluginChoices(text)).toEqual(choices));

test("without an argument, LAB_PLUGINS is read", () => {
  const before = process.env["LAB_PLUGINS"];
  try {
    process.env["LAB_PLUGINS"] = "datadog=official";
    expect(pluginChoices()).toEqual({ ...all("any"), datadog: "official" });
    delete process.env["LAB_PLUGINS"];
    expect(pluginChoices()).toEqual(all("any"));
  } finally {
    if (before === undefined) delete process.env["LAB_PLUGINS"];
    else process.env["LAB_PLUGINS"] = before;
  }
});

test.each(["standin", "any", "kubernetes=official", "docker=", "=official", "docker", "docker=real"])(
  "%s is refused with the plugins' names",
  (part) => {
    expect(() => pluginChoices(`official,${part}`)).toThrow(
      expect.objectContaining({
        name: "LabError",
        message: `LAB_PLUGINS: ${part} is not a valid value`,
        remedy: expect.stringContaining("command, cloudflare, datadog, docker"),
      }),
    );
  },
);
