// Imports go one way: index.ts → settings, components → host, grok. What runs on real hosts never knows the lab or the tests.
// In the lab, what the commands do comes above what they use. No file imports itself by a detour.
const ofLab = "^(lab/(?!test/)|index\\.ts$|components/|host/|grok/|operate/|provider/|settings)";

/** A folder at the root may import the others that are listed, and nothing else of the project. */
const mayImport = {
  "^index\\.ts$": "^(settings\\.ts|settings/|components/|host/|grok/)",
  "^settings\\.ts$": "^(settings/|host/)",
  "^settings/": "^(settings/|components/[^/]+/(index|defaults|ports|refusals|certificate-validity)\\.ts$|host/|grok/)",
  "^components/": "^(components/|host/|grok/)",
  "^examples/": "^components/index\\.ts$",
  "^host/": "^host/",
  "^operate/":
    "^(operate/|settings/|components/[^/]+/(defaults|ports|releases|minor|container|haproxy|certificate-validity)\\.ts$|host/|provider/(host-state|secrets)\\.ts$)",
  "^provider/": "^(provider/|components/|host/)",
  "^grok/(?!test/)": "^grok/(?!test/)",
  "^lab/(?!test/|bench/growth/program\\.ts$)": ofLab,
  // this one runs the program under Pulumi's mock engine, as the tests do
  "^lab/bench/growth/program\\.ts$": `${ofLab}|^test/recorder\\.ts$`,
  "^test/recorder\\.ts$": "^test/recorder\\.ts$",
};

/** The folders of the lab: each may import those before it, never one behind it. */
const labLayers = ["base", "machine", "artefacts", "services", "nas", "plugins", "hosts", "pulumi", "stack", "verify", "commands", "drill", "bench", "kill"]; // prettier-ignore

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(mayImport).map(([path, allowed]) => ({
      name: `imports of ${path}`,
      severity: "error",
      from: { path },
      to: {
        pathNot: `${allowed}|^node_modules/|^package\\.json$`,
        dependencyTypesNot: ["core", "npm", "npm-dev", "npm-optional"],
      },
    })),
    ...labLayers.slice(0, -1).map((layer, index) => ({
      name: `layers of the lab: ${layer}`,
      severity: "error",
      from: { path: `^lab/${layer}/` },
      to: { path: `^lab/(${labLayers.slice(index + 1).join("|")})/` },
    })),
    {
      name: "components know each other's index, constants and ports only",
      severity: "error",
      from: { path: "^components/([^/]+)/" },
      to: {
        path: "^components/([^/]+)/(?!(index|defaults|ports|certificate-validity)\\.ts$)",
        pathNot: "^components/$1/",
      },
    },
    { name: "no cycle", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "what a real stack runs has no dependency of the development",
      severity: "error",
      from: {
        path: "^(index\\.ts|settings|components/|host/|grok/|operate/(?!bundle)|provider/main)",
        pathNot: "^grok/(cli\\.ts$|build\\.mjs$|test/)",
      },
      // a package of another workspace's development is in no list of the root's: npm-no-pkg
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(\\.lab|(grok/)?dist|(operate|provider)/bundle\\.cjs)" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
  },
};
