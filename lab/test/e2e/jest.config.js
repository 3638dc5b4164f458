/** The end-to-end test: one lab, raised, changed, destroyed and raised again, in the order of the file. */
module.exports = {
  rootDir: "../../..",
  testMatch: ["<rootDir>/lab/test/e2e/**/*.test.ts"],
  modulePathIgnorePatterns: ["<rootDir>/.lab/"],
  transform: {
    "\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } },
    ],
  },
  maxWorkers: 1,
  testTimeout: 600_000,
};
