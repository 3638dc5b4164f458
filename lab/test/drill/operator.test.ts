import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { Operator } from "../../drill/operator";
import type { Lab } from "../../verify/finding";
import { scratchFolder } from "../scratch";

const before = `encryptionsalt: v1:salt
config:
  # a comment of the site
  kube-control:haproxy: { clientTimeout: 24h }
  kube-control:datadogApiKey:
    secure: v1:cipher
`;

function operatorOf(folder: string) {
  mkdirSync(join(folder, "project"));
  const file = join(folder, "project", "Pulumi.dev.yaml");
  writeFileSync(file, before);
  const operator = new Operator({ place: { folder } } as Lab);
  return { operator, read: () => readFileSync(file, "utf8") };
}

test("settings are changed or added by their paths, and the others stay", () => {
  const { operator, read } = operatorOf(scratchFolder());
  operator.edit([
    [["haproxy", "checkInterval"], "250ms"],
    [["virtualIp", "advertInterval"], 0.05],
  ]);
  expect(parse(read())).toEqual({
    encryptionsalt: "v1:salt",
    config: {
      "kube-control:haproxy": { clientTimeout: "24h", checkInterval: "250ms" },
      "kube-control:virtualIp": { advertInterval: 0.05 },
      "kube-control:datadogApiKey": { secure: "v1:cipher" },
    },
  });
});

test("the original text is restored after any number of edits", () => {
  const { operator, read } = operatorOf(scratchFolder());
  operator.restoreSettings();
  expect(read()).toBe(before);
  operator.edit([[["haproxy", "clientTimeout"], "12h"]]);
  operator.edit([[["haproxy", "clientTimeout"], "6h"]]);
  operator.restoreSettings();
  expect(read()).toBe(before);
});
