import { defaults } from "../../../components/control-plane/defaults";
import { minorOf, versionFindings } from "../../../components/control-plane";
import { versionWarning } from "../../../components/control-plane/releases";

const day = (text: string) => new Date(`${text}T12:00:00Z`);

test("the default version is accepted for a new cluster and gives no warning", () => {
  expect(versionFindings(defaults.version)).toEqual([]);
  expect(versionWarning(defaults.version, day("2026-11-26"))).toBeUndefined();
});

test.each(["v1.35.0", "v1.36.3", "v1.37.9"])("%s is accepted for a new cluster", (version) =>
  expect(versionFindings(version)).toEqual([]),
);

test.each([
  [
    "v1.34.4",
    "a new cluster is not built with v1.34.4, whose support ended on 2026-10-27. Supported are v1.35 to v1.37",
  ],
  ["v1.38.0", "a new cluster is not built with v1.38.0. Supported are v1.35 to v1.37"],
  ["v1.33.1", "a new cluster is not built with v1.33.1. Supported are v1.35 to v1.37"],
])("%s is refused for a new cluster, with the reason and the supported versions", (version, text) => {
  expect(versionFindings(version)).toEqual([`kube-control:kubernetes.version: ${text}: set ${defaults.version}.`]);
});

test.each([
  ["v1.36.3", "2027-06-28", undefined],
  [
    "v1.36.3",
    "2027-06-29",
    "the support of v1.36 ended on 2027-06-28. Upgrade the cluster: set it to the newest v1.37.",
  ],
  [
    "v1.34.4",
    "2026-11-26",
    "the support of v1.34 ended on 2026-10-27. Upgrade the cluster: set it to the newest v1.35.",
  ],
  ["v1.33.1", "2026-11-26", "v1.33.1 is not tested with this version of kube-control"],
  ["v1.38.0", "2026-11-26", "v1.38.0 is not tested with this version of kube-control"],
])("a stack with %s on %s gets the warning: %s", (version, today, text) => {
  const expected = text === undefined ? undefined : expect.stringContaining(`kube-control:kubernetes.version: ${text}`);
  expect(versionWarning(version, day(today))).toEqual(expected);
});

test.each([
  ["v1.37.2", 37],
  ["1.37.2", undefined],
  ["v1.37", undefined],
  [undefined, undefined],
])("the minor version of %s is %s", (version, minor) => expect(minorOf(version)).toBe(minor));
