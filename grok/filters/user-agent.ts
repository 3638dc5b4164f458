import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Attributes, copyOf } from "../attributes";
import { Kept } from "../kept";

/** An entry of uap-core: a regular expression, and the texts that replace its groups. */
type Entry = { readonly regex: string; readonly regex_flag?: string } & Readonly<Record<string, string | undefined>>;

/** Attributes with the names of their replacements, by the number of the group that is used without a replacement. */
type Parts = readonly (readonly [attribute: string, replacement: string, group: number])[];

interface Pattern {
  readonly regex: RegExp;
  readonly entry: Entry;
}

const BROWSER: Parts = [
  ["family", "family_replacement", 1],
  ["major", "v1_replacement", 2],
  ["minor", "v2_replacement", 3],
  ["patch", "v3_replacement", 4],
  ["patch_minor", "v4_replacement", 5],
];
const OS: Parts = [
  ["family", "os_replacement", 1],
  ["major", "os_v1_replacement", 2],
  ["minor", "os_v2_replacement", 3],
  ["patch", "os_v3_replacement", 4],
  ["patch_minor", "os_v4_replacement", 5],
];
const DEVICE: Parts = [
  ["family", "device_replacement", 1],
  ["brand", "brand_replacement", 0],
  ["model", "model_replacement", 1],
];

/** The rest of a longer header is ignored. It bounds the time of the regular expressions, which JavaScript's engine runs. */
const LONGEST = 1000;

/** The results of headers. */
const kept = new Kept<string, Attributes>(500);

/**
 * Browser, device and operating system of a User-Agent header: the first entry of the ua-parser project's data that matches,
 * with its replacements.
 *
 * @see https://github.com/ua-parser/uap-core/blob/master/docs/specification.md
 */
export function userAgent(header: string): Attributes {
  const text = header.slice(0, LONGEST);
  let found = kept.get(text);
  if (found === undefined) {
    const { browsers, systems, devices } = data();
    const os = first(systems, OS, text);
    const device = first(devices, DEVICE, text);
    found = { browser: first(browsers, BROWSER, text), device: { category: categoryOf(device, os), ...device }, os };
    kept.set(text, found);
  }
  return copyOf(found);
}

/**
 * Datadog's own addition to the data. Its documentation has one example of Mobile, an Android phone, and none of Tablet. The data
 * does not tell an Android tablet from a phone.
 *
 * @see https://docs.datadoghq.com/logs/log_collection/android/
 */
function categoryOf(device: Attributes, os: Attributes): string {
  if (device.family === "Spider") return "Bot";
  if (device.family === "iPad") return "Tablet";
  if (device.family === "iPhone" || device.family === "iPod") return "Mobile";
  if (os.family === "Android" && device.brand !== undefined) return "Mobile";
  return ["Windows", "Linux", "Mac OS X"].includes(os.family as string) ? "Desktop" : "Other";
}

function first(patterns: readonly Pattern[], parts: Parts, text: string): Attributes {
  for (const { regex, entry } of patterns) {
    const groups = regex.exec(text);
    if (groups === null) continue;
    const values = parts.map(([attribute, replacement, group]): [string, string] => {
      const template = entry[replacement] ?? (group === 0 ? "" : `$${group}`);
      return [
        attribute,
        template.replace(/\$(\d)/g, (_all, number: string): string => groups[Number(number)] ?? "").trim(),
      ];
    });
    return Object.fromEntries<string>(values.filter(([, value]) => value !== ""));
  }
  return { family: "Other" };
}

let loaded: ReturnType<typeof load> | undefined;

/** Loaded at the first header, because it takes longer than the rest of a small pipeline. */
const data = () => (loaded ??= load());

function load() {
  const lists = readLists();
  const patterns = (entries: readonly Entry[]) =>
    entries.map((entry): Pattern => ({ entry, regex: new RegExp(entry.regex, entry.regex_flag) }));
  return {
    browsers: patterns(lists.user_agent_parsers),
    systems: patterns(lists.os_parsers),
    devices: patterns(lists.device_parsers),
  };
}

/** The data of uap-core. The package has it as JSON (build.mjs), because the YAML takes 0.3 s to read. */
function readLists() {
  const json = join(__dirname, "user-agents.json");
  const lists: unknown = existsSync(json)
    ? JSON.parse(readFileSync(json, "utf8"))
    : parse(readFileSync(require.resolve("uap-core/regexes.yaml"), "utf8"));
  return lists as Readonly<Record<"user_agent_parsers" | "os_parsers" | "device_parsers", readonly Entry[]>>;
}
