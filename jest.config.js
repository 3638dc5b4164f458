/** Unit and contract tests; the end-to-end test has a configuration of its own (lab/test/e2e/jest.config.js). */
module.exports = {
  rootDir: __dirname,
  testMatch: ["<rootDir>/{test,grok/test,lab/test}/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/.lab/", "<rootDir>/lab/test/e2e/"],
  modulePathIgnorePatterns: ["<rootDir>/.lab/"],
  transform: {
    "\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } },
    ],
  },
  maxWorkers: 2,
  // a hang is to end, a slow machine is not to fail
  testTimeout: 120_000,
};
