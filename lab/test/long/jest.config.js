/** Tests that need Docker, or take longer than an ordinary run may. */
module.exports = {
  ...require("../e2e/jest.config.js"),
  testMatch: ["<rootDir>/lab/test/long/**/*.test.ts"],
};
