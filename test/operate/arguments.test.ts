import { readOptions } from "../../operate/arguments";

test.each([
  [[], { json: false, help: false }],
  [["--stack", "prod", "--json"], { json: true, help: false, stack: "prod" }],
  [["--stack=prod"], { json: false, help: false, stack: "prod" }],
  [["--watch"], { json: false, help: false, watch: 5 }],
  [["--watch", "2", "--stack", "dev"], { json: false, help: false, watch: 2, stack: "dev" }],
  [["--bundle", "report.tar.gz"], { json: false, help: false, bundle: "report.tar.gz" }],
  [["-h"], { json: false, help: true }],
])("%j is read", (args, options) => expect(readOptions(args)).toEqual(options));

test.each([
  [["--stack"], /^Option '--stack <value>' argument missing$/],
  [["--stack", "--json"], /^Option '--stack' argument is ambiguous$/],
  [["--wait"], /^Unknown option '--wait'$/],
  [["prod"], /^Unexpected argument 'prod'$/],
  [["--watch", "0"], /not a number from 1 to 3600/],
  [["--watch", "--json"], /cannot be combined/],
])("%j is refused", (args, message) => expect(() => readOptions(args)).toThrow(message));
