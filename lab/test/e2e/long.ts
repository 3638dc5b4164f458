/** A test that runs only in `npm run test:long`. */
export const whereLong = process.env["KUBE_CONTROL_LONG"] === "1" ? test : test.skip;
