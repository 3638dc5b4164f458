// Imports follow the project's one direction: index → settings, components → host, grok. What runs on real hosts never
// knows the lab, the tests or the benchmarks; `lab/`, `test/` and `bench/` may import whatever they need.
const { dirname, relative, resolve, sep } = require("node:path");

/** Folder at the project's root → the folders that its files may import, besides their own. */
const allowed = {
  "index.ts": ["settings.ts", "settings", "components", "host", "grok"],
  "settings.ts": ["settings", "host"],
  settings: ["host", "grok"],
  components: ["host", "grok"],
  host: [],
  provider: ["components", "host"],
  grok: [],
};

/** The folder at the root that holds a path, or the file where it lies at the root itself. */
function partOf(root, path) {
  const inside = relative(root, path);
  return ["index", "settings"].includes(inside) ? `${inside}.ts` : inside.split(sep)[0];
}

module.exports = {
  meta: {
    type: "problem",
    docs: { description: "imports go from index.ts to components to host and grok, never back, and never to the lab" },
    messages: {
      direction: "{{from}} does not import {{to}}: the direction is index → settings, components → host, grok",
    },
    schema: [
      { type: "object", properties: { root: { type: "string" } }, required: ["root"], additionalProperties: false },
    ],
  },
  create(context) {
    const { root } = context.options[0];
    const from = partOf(root, context.filename);
    const open = allowed[from];
    if (open === undefined) {
      return {};
    }
    function check(source) {
      if (source === null || source === undefined || !String(source.value).startsWith(".")) {
        return;
      }
      const to = partOf(root, resolve(dirname(context.filename), source.value));
      if (to !== from && !open.includes(to)) {
        context.report({ node: source, messageId: "direction", data: { from, to } });
      }
    }
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
    };
  },
};
