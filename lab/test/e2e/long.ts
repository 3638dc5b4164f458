/** A test of `npm run test:long`, which `npm test` skips. */
export const whereLong = process.env["KUBE_CONTROL_LONG"] === "1" ? test : test.skip;
