import { LabError } from "../base/error";

const usage = `npm run lab -- nas                              shows the NAS's rate, format and whether it is silent
npm run lab -- nas rate N                       sends N lines a minute, as the mean of a day
npm run lab -- nas burst failed-logins [N]      sends N failed logins within seconds (30)
npm run lab -- nas silence on|off               stops or resumes the NAS's own lines
npm run lab -- nas format rfc3164|rfc5424       sets the format of its lines`;

/** The arguments of the program on the NAS, from those of \`npm run lab -- nas\`. Only words that a shell does not expand. */
export function nasCommand(args: readonly string[]): string[] {
  const line = args.join(" ");
  if (line === "") return ["state"];
  const known = /^(rate \d{1,5}|silence (on|off)|format rfc(3164|5424)|burst failed-logins( [1-9]\d{0,3})?)$/;
  if (!known.test(line)) throw new LabError(`nas has no command ${line}`, usage);
  return [...args];
}
