/** Unit and contract tests; those with Docker have configurations of their own (lab/test/{e2e,long}/jest.config.js). */
module.exports = {
  rootDir: __dirname,
  testMatch: ["<rootDir>/{test,grok/test,lab/test}/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/.lab/", "<rootDir>/lab/test/(e2e|long)/"],
  modulePathIgnorePatterns: ["<rootDir>/.lab/", "<rootDir>/dist/"],
  // as the examples import the package
  moduleNameMapper: { "^kube-control$": "<rootDir>/components/index.ts" },
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
