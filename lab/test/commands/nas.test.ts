import { nasCommand } from "../../commands/nas";

test("the NAS's commands are accepted; others, and text that a shell would expand, are refused", () => {
  expect(nasCommand([])).toEqual(["state"]);
  expect(nasCommand(["rate", "120"])).toEqual(["rate", "120"]);
  expect(nasCommand(["burst", "failed-logins", "40"])).toEqual(["burst", "failed-logins", "40"]);
  expect(nasCommand(["silence", "on"])).toEqual(["silence", "on"]);
  expect(nasCommand(["format", "rfc5424"])).toEqual(["format", "rfc5424"]);
  for (const args of [
    ["rate"],
    ["rate", "-1"],
    ["silence"],
    ["format", "rfc822"],
    ["burst", "$(reboot)"],
    ["burst", "failed-logins", "0"],
  ]) {
    expect(() => nasCommand(args)).toThrow(`nas has no command ${args.join(" ")}`);
  }
});
