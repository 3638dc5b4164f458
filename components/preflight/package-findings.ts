import type { Expectation, Facts } from "../../host/facts";

/** The first containerd with CRI v1, which kubelet requires. */
const oldestContainerd = { major: 1, minor: 6 };

/** Why the stack's packages cannot be installed on a host, or would remove other packages, a line each. */
export function packageFindings(host: Expectation, facts: Facts): string[] {
  const findings: string[] = [];
  const find = (what: string, whatToDo: string) => findings.push(`${host.name}: ${what}. ${whatToDo}`);
  const list = (name: string) => (facts[name] ?? "").split(" ").filter((word) => word !== "");
  const isNode = host.roles.includes("master") || host.roles.includes("worker");

  const removed = list("apt-removes");
  if (removed.length > 0) {
    find(
      `to install ${list("apt-installs").join(", ")}, apt would remove ${removed.join(", ")}`,
      `If nobody needs it, run there: sudo apt-get remove ${removed.join(" ")}. Otherwise use another host.`,
    );
  }
  if (facts["apt-refuses"] !== undefined) {
    find(
      `has package sources that apt cannot read (${facts["apt-refuses"]})`,
      "Correct the files in /etc/apt/sources.list.d there, until sudo apt-get update passes.",
    );
  }
  const held = list("apt-changes-held");
  if (held.length > 0) {
    find(
      `to install ${list("apt-installs").join(", ")}, apt would change ${held.join(", ")}, which is held`,
      `If it may be changed, run there: sudo apt-mark unhold ${held.join(" ")}. Otherwise use another host.`,
    );
  }
  if (facts["apt-broken"] !== undefined) {
    find(
      `has packages whose dependencies are not installed (${list("apt-broken").join(", ")}), so apt installs nothing`,
      "Run there: sudo apt-get --fix-broken install.",
    );
  }
  const sources = list("apt-source-in");
  if (isNode && sources.length > 0) {
    find(
      `has the package source ${host.aptSource} in ${sources.join(", ")}; kube-control also writes this source, with its own key`,
      `apt does not read a source that has two keys. Move the file away there: sudo mv ${sources.join(" ")} /root/`,
    );
  }
  if (isNode && facts["containerd"] !== undefined) {
    const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(facts["containerd"]) ?? [];
    const { major: oldestMajor, minor: oldestMinor } = oldestContainerd;
    if (Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor)) {
      find(
        `has containerd ${facts["containerd"] || "of unknown version"}, and kubelet needs ${oldestMajor}.${oldestMinor} or newer`,
        "Upgrade it, or remove it there: kube-control then installs the package containerd.",
      );
    }
    if (facts["containerd-unit"] === "") {
      find(
        "has a containerd without the systemd unit containerd.service",
        "Install its unit, or remove it there: kube-control then installs the package containerd.",
      );
    }
  }
  return findings;
}
