import type { Deployment } from "@pulumi/pulumi/automation";
import { differences, essence, twice } from "../../kill/compare";

const stateOf = (resources: readonly object[]): Deployment => ({ version: 3, deployment: { resources } });

const record = {
  urn: "urn:pulumi:dev::kube-control::cloudflare:index:DnsRecord::record",
  id: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  dependencies: ["urn:b", "urn:a"],
  inputs: { content: "192.168.2.151", token: { "4dabf18193072939515e22adb298388d": "x", ciphertext: "v1:one" } },
};

describe("two states", () => {
  test("are equal where ids, the order of dependencies and the encryption differ", () => {
    const other = {
      ...record,
      id: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      dependencies: ["urn:a", "urn:b"],
      inputs: { token: { "4dabf18193072939515e22adb298388d": "x", ciphertext: "v1:two" }, content: "192.168.2.151" },
    };
    expect(differences(essence(stateOf([record])), essence(stateOf([other])))).toEqual([]);
  });

  test("differ where an input does, which is shown", () => {
    const other = { ...record, inputs: { ...record.inputs, content: "192.168.2.140" } };
    const [line, ...rest] = differences(essence(stateOf([record])), essence(stateOf([other])));
    expect(rest).toEqual([]);
    expect(line).toMatch(/record: .*192\.168\.2\.151.* without the kills, .*192\.168\.2\.140.* after them/);
  });

  test("differ where one has a resource more", () => {
    expect(differences(essence(stateOf([])), essence(stateOf([record])))).toEqual([
      `${record.urn}: only after the kills`,
    ]);
    expect(differences(essence(stateOf([record])), essence(stateOf([])))).toEqual([
      `${record.urn}: only without the kills`,
    ]);
  });
});

test("what is there twice is named once", () => {
  expect(twice(["a", "b", "a", "a", "c"])).toEqual(["a"]);
});
