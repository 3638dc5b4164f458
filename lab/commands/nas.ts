import { LabError } from "../base/error";

const usage = `npm run lab -- nas                              what the NAS does
npm run lab -- nas rate N                       lines a minute, on the day's mean
npm run lab -- nas burst failed-logins [N]      N failed logins within seconds (30)
npm run lab -- nas silence on|off               the NAS says nothing by itself, or does again
npm run lab -- nas format rfc3164|rfc5424       what its lines look like from now on`;

/** What the NAS's own command is given for the arguments of \`npm run lab -- nas\`; words that a shell leaves alone. */
export function nasCommand(args: readonly string[]): string[] {
  const line = args.join(" ");
  if (line === "") return ["state"];
  const known = /^(rate \d{1,5}|silence (on|off)|format rfc(3164|5424)|burst failed-logins( [1-9]\d{0,3})?)$/;
  if (!known.test(line)) throw new LabError(`nas does not know ${line}`, usage);
  return [...args];
}
