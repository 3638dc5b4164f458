import { readFileSync } from "node:fs";
import { join } from "node:path";
import { resetNode } from "../../host/clean-up";
import { shellQuote } from "../../host/shell";

const read = (file: string) => readFileSync(join(__dirname, file), "utf8");

const node = [
  read("../../host/name-lookup.sh"),
  read("../../host/kubernetes-here.sh"),
  read("kubelet.sh"),
  `# the command for a person who gives a node up\nreset_by_hand() { printf '%s' ${shellQuote(resetNode)}; }`,
  read("node.sh"),
].join("\n");
const cluster = `${node}\n${read("cluster.sh")}`;
const packages = [read("kubernetes-packages.sh"), read("containerd.sh")].join("\n");

/** The scripts of this component, each preceded by the functions that several scripts use. */
export const scripts = {
  prepare: (registryHosts: Readonly<Record<string, string>>) =>
    [writeRegistryHosts(registryHosts), read("kubelet.sh"), packages, read("prepare.sh")].join("\n"),
  update: (registryHosts: Readonly<Record<string, string>>) =>
    [writeRegistryHosts(registryHosts), cluster, packages, read("service.sh"), read("update.sh")].join("\n"),
  init: `${node}\n${read("init.sh")}`,
  membership: `${cluster}\n${read("membership.sh")}`,
  join: `${cluster}\n${read("join.sh")}`,
  member: `${cluster}\n${read("member.sh")}`,
  cni: `${cluster}\n${read("cni.sh")}`,
  ready: `${cluster}\n${read("ready.sh")}`,
  kubeconfig: `${cluster}\n${read("kubeconfig.sh")}`,
} as const;

/** Renders a bash function that writes the files, because variables of a script cannot hold a list of files. */
function writeRegistryHosts(files: Readonly<Record<string, string>>): string {
  const lines = Object.entries(files).map(
    ([path, content]) => `  write_file ${shellQuote(path)} 0644 ${shellQuote(content)}\n`,
  );
  return `write_registry_hosts() {\n  :\n${lines.join("")}}\n`;
}
