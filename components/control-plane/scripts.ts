import { readFileSync } from "node:fs";
import { join } from "node:path";
import { resetNode } from "../../host/clean-up";
import { shellQuote } from "../../host/shell";
import { type ControlPlaneFiles, controlPlaneFilesScript } from "./control-plane-files";

const read = (file: string) => readFileSync(join(__dirname, file), "utf8");

const certificatesTimer = read("certificates-timer.sh");
const node = [
  read("../../host/name-lookup.sh"),
  read("../../host/kubernetes-here.sh"),
  read("kubelet.sh"),
  `# the command for a person who gives a node up\nreset_by_hand() { printf '%s' ${shellQuote(resetNode)}; }`,
  certificatesTimer,
  read("node.sh"),
].join("\n");
const cluster = `${node}\n${read("cluster.sh")}`;
const encryption = read("encryption-file.sh");
/** The functions for the files that the API servers read. */
const files = (all: ControlPlaneFiles) => `${controlPlaneFilesScript(all)}\n${read("control-plane-files.sh")}`;
const packages = [read("kubernetes-packages.sh"), read("containerd.sh")].join("\n");

/** The scripts of this component, each preceded by the functions that several scripts use. */
export const scripts = {
  prepare: (registryHosts: Readonly<Record<string, string>>) =>
    [writeRegistryHosts(registryHosts), read("kubelet.sh"), packages, read("prepare.sh")].join("\n"),
  update: (registryHosts: Readonly<Record<string, string>>, all: ControlPlaneFiles) =>
    [writeRegistryHosts(registryHosts), cluster, files(all), packages, read("service.sh"), read("update.sh")].join(
      "\n",
    ),
  certificates: `${certificatesTimer}\n${read("certificates.sh")}`,
  init: (all: ControlPlaneFiles) => [node, files(all), encryption, read("etcd-data.sh"), read("init.sh")].join("\n"),
  membership: `${cluster}\n${read("membership.sh")}`,
  join: (all: ControlPlaneFiles) => `${cluster}\n${files(all)}\n${read("join.sh")}`,
  member: `${cluster}\n${read("member.sh")}`,
  encryptionMissing: `${cluster}\n${encryption}\n${read("encryption-missing.sh")}`,
  encryption: `${cluster}\n${encryption}\n${read("encryption.sh")}`,
  cni: `${cluster}\n${read("cni.sh")}`,
  ready: `${cluster}\n${read("ready.sh")}`,
} as const;

/** Renders a bash function that writes the files, because variables of a script cannot hold a list of files. */
function writeRegistryHosts(files: Readonly<Record<string, string>>): string {
  const lines = Object.entries(files).map(
    ([path, content]) => `  write_file ${shellQuote(path)} 0644 ${shellQuote(content)}\n`,
  );
  return `write_registry_hosts() {\n  :\n${lines.join("")}}\n`;
}
