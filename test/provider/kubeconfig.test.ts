import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, diff, endOf, type KubeconfigInputs, update } from "../../provider/kubeconfig";
import { folderInPath, writeSshClient } from "./ssh-client";

const day = 86_400;
const inputs: KubeconfigInputs = {
  hosts: ["192.0.2.11", "192.0.2.12"].map((address, index) => ({
    ...{ name: `k8s-master${index + 1}`, address, port: 22, user: "ops" },
    hostKey: "ssh-ed25519 KEY",
  })),
  generation: 0,
  renewBefore: 120 * day,
};
const warnings: string[] = [];
const warn = (_urn: string, text: string) => Promise.resolve(void warnings.push(text));
beforeEach(() => warnings.splice(0));

/** A kubeconfig whose certificate is valid for some days. */
function kubeconfig(days: number): string {
  const pem = execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=a", "-days", String(days)],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  return `users:\n- user:\n    client-certificate-data: ${pem.toString("base64")}\n    client-key-data: CANARY\n`;
}

describe("the difference", () => {
  const known = { ...inputs, kubeconfig: "text", expires: "2027-06-01T00:00:00.000Z" };
  const now = (text: string) => new Date(`${text}T00:00:00Z`);
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  const trusting = { ...known, kubeconfig: `    certificate-authority-data: ${Buffer.from(pem).toString("base64")}\n` };
  const digest = createHash("sha256").update(pem).digest("hex");

  test.each([
    ["is none while the certificate is valid for longer", known, inputs, "2027-01-01", false],
    ["is there 120 days before its end", known, inputs, "2027-02-02", true],
    ["is there after its end", known, inputs, "2028-01-01", true],
    ["is there when a master was repaired", known, { ...inputs, generation: 1 }, "2027-01-01", true],
    [
      "is none for other masters: the kubeconfig is the same on each",
      known,
      { ...inputs, hosts: [] },
      "2027-01-01",
      false,
    ],
    ["is none for the authority of the kubeconfig", trusting, { ...inputs, authority: digest }, "2027-01-01", false],
    ["is there for another authority", trusting, { ...inputs, authority: "cafe" }, "2027-01-01", true],
    ["is none while the authority is unknown", trusting, { ...inputs, authority: "" }, "2027-01-01", false],
    [
      "is none for the authority with which it was read: the file may contain more than the kubeconfig",
      { ...trusting, authority: "cafe" },
      { ...inputs, authority: "cafe" },
      "2027-01-01",
      false,
    ],
    ["is there for the state of an earlier version", { stdin: "x", stdout: "y" }, inputs, "2027-01-01", true],
  ])("%s", (_, olds, news, date, changes) => {
    expect(diff(olds as Parameters<typeof diff>[0], news, now(date))).toEqual({ changes });
  });
});

describe("reading", () => {
  const current = folderInPath();

  /** Hosts of which those in `silent` do not answer; the others run the script with files of `folder`. */
  function hosts({ silent = "^nobody$", text }: { silent?: string; text?: string }): void {
    const folder = current();
    if (text !== undefined) {
      writeFileSync(join(folder, "admin.conf"), text);
      writeFileSync(join(folder, "member"), "");
    }
    writeSshClient(
      folder,
      `[[ ! "$*" =~ ${silent} ]] || { echo 'connect to host: Connection timed out' >&2; exit 255; }
sed 's#/var/lib/kube-control/member#${folder}/member#; s#/etc/kubernetes/admin.conf#${folder}/admin.conf#' |
  exec bash -c "$(sed 's/sudo -n//' <<<"\${!#}")"
`,
    );
  }

  test("takes the kubeconfig of the first master that answers, and its end", async () => {
    const text = kubeconfig(365);
    hosts({ silent: "192.0.2.11", text });
    const { outs } = await create(warn, "urn", inputs);
    expect(outs).toEqual({ ...inputs, kubeconfig: text, expires: endOf(text) });
    expect(warnings).toEqual([]);
    expect(diff(outs as Parameters<typeof diff>[0], inputs)).toEqual({ changes: false });
  });

  test("warns if the master has not renewed it", async () => {
    hosts({ text: kubeconfig(10) });
    const { outs } = await update(warn, "urn", inputs);
    expect(warnings).toEqual([
      expect.stringMatching(/the kubeconfig of k8s-master1 expires at .* was not renewed there/),
    ]);
    expect(diff(outs as Parameters<typeof diff>[0], inputs)).toEqual({ changes: true });
  });

  test.each<[string, Parameters<typeof hosts>[0], RegExp]>([
    ["no master answers", { silent: "ops" }, /k8s-master1: connect .*; k8s-master2: connect .*: start a master/],
    ["no host is a member", {}, /k8s-master1: it is not a member of the cluster/],
    ["the file has no certificate", { text: "client-key-data: CANARY\n" }, /has no readable client certificate/],
  ])("fails if %s, without any part of the file", async (_, given, said) => {
    hosts(given);
    const failure = await create(warn, "urn", inputs).then(
      () => "",
      (error: unknown) => String(error),
    );
    expect(failure).toMatch(said);
    expect(failure).not.toContain("CANARY");
  });
});
