import eslint from "@eslint/js";
import pulumi from "@pulumi/eslint-plugin";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const root = import.meta.dirname;

export default defineConfig(
  globalIgnores([
    "node_modules/",
    ".lab/",
    "coverage/",
    "dist/",
    "grok/dist/",
    "operate/bundle.cjs",
    "provider/bundle.cjs",
  ]),
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    plugins: { "@pulumi": pulumi },
    rules: {
      // An Output in a text is a promise's description in a file on a host. The plugin's rules see plain Outputs, and
      // restrict-template-expressions sees what else is no text: Inputs, resources, lists.
      "@pulumi/no-output-in-template-literal": "error",
      "@pulumi/no-output-instance-in-template-literal": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/restrict-plus-operands": ["error", { allowNumberAndString: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // `() => delete x[y]`: arrow functions whose value nobody reads are fine.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-dynamic-delete": "off",
      eqeqeq: "error",
    },
  },
  {
    // A parser reads by positions that it has just checked; regular expressions there name control characters.
    files: ["grok/**/*.ts", "lab/bench/grok/**/*.ts"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off", "no-control-regex": "off" },
  },
  {
    files: ["{test,grok/test,lab/test}/**/*.ts"],
    rules: {
      // Tests spoil configurations and look into recorded inputs, neither of which has a type.
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    files: ["**/*.{js,cjs,mjs}"],
    languageOptions: {
      globals: Object.fromEntries(
        ["__dirname", "console", "module", "process", "require"].map((name) => [name, "readonly"]),
      ),
    },
  },
  {
    // the page of `grok serve`, which browsers run
    files: ["grok/serve/*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(
        ["addEventListener", "clearTimeout", "document", "fetch", "setTimeout"].map((name) => [name, "readonly"]),
      ),
    },
  },
);
