// Imports go one way: index.ts → settings, components → host, grok. What runs on real hosts never knows the lab, the drills,
// the benchmarks or the tests. No file imports itself by a detour.
/** A folder at the root may import the others that are listed, and nothing else of the project. */
const mayImport = {
  "^index\\.ts$": "^(settings\\.ts|settings/|components/|host/|grok/)",
  "^settings\\.ts$": "^(settings/|host/)",
  "^settings/": "^(settings/|host/|grok/)",
  "^components/": "^(components/|host/|grok/)",
  "^host/": "^host/",
  "^provider/": "^(provider/|components/|host/)",
  "^grok/": "^grok/",
  "^lab/": "^(lab/|components/|host/|grok/|provider/|settings)",
  "^drill/": "^(drill/|lab/|components/|host/|settings)",
};

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
    {
      name: "components know each other's index only",
      severity: "error",
      from: { path: "^components/([^/]+)/" },
      to: { path: "^components/([^/]+)/(?!index\\.ts$)", pathNot: "^components/$1/" },
    },
    { name: "no cycle", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "what a real stack runs has no dependency of the development",
      severity: "error",
      from: { path: "^(index\\.ts|settings|components/|host/|grok/|provider/main)", pathNot: "^grok/cli\\.ts$" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(\\.lab|provider/bundle\\.cjs)" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
  },
};
