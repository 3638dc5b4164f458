import type { Deployment } from "@pulumi/pulumi/automation";
import { comparable, differences, duplicatesIn } from "../../kill/compare";

const stateOf = (resources: readonly object[]): Deployment => ({ version: 3, deployment: { resources } });

const record = {
  urn: "urn:pulumi:dev::kube-control::cloudflare:index:DnsRecord::record",
  id: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  dependencies: ["urn:b", "urn:a"],
  inputs: { content: "192.168.2.151", token: { "4dabf18193072939515e22adb298388d": "x", ciphertext: "v1:one" } },
};

describe("two states", () => {
  test("are equal if only ids, the order of dependencies and the ciphertext differ", () => {
    const other = {
      ...record,
      id: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      dependencies: ["urn:a", "urn:b"],
      inputs: { token: { "4dabf18193072939515e22adb298388d": "x", ciphertext: "v1:two" }, content: "192.168.2.151" },
    };
    expect(differences(comparable(stateOf([record])), comparable(stateOf([other])))).toEqual([]);
  });

  test("are equal if only a certificate differs", () => {
    const step = (text: string) => ({
      ...record,
      inputs: { stdin: `AUTHORITY='-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n'\ncreate` },
    });
    const [one, other] = ["MIIB+a/b=", "MIIC/c+d="].map((text) => comparable(stateOf([step(text)])));
    expect(differences(one!, other!)).toEqual([]);
  });

  test("differ if an input differs, and the difference is shown", () => {
    const other = { ...record, inputs: { ...record.inputs, content: "192.168.2.140" } };
    const [line, ...rest] = differences(comparable(stateOf([record])), comparable(stateOf([other])));
    expect(rest).toEqual([]);
    expect(line).toMatch(/record: .*192\.168\.2\.151.* without the kills, .*192\.168\.2\.140.* after them/);
  });

  test("differ if one has an additional resource", () => {
    expect(differences(comparable(stateOf([])), comparable(stateOf([record])))).toEqual([
      `${record.urn}: only after the kills`,
    ]);
    expect(differences(comparable(stateOf([record])), comparable(stateOf([])))).toEqual([
      `${record.urn}: only without the kills`,
    ]);
  });
});

test("a name that occurs more than once is given once", () => {
  expect(duplicatesIn(["a", "b", "a", "a", "c"])).toEqual(["a"]);
});
