import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import { readHost } from "../../host/host-state";
import { acrossHostsScript } from "../../host/script";

const text = (file: string) => readFileSync(join(__dirname, file), "utf8");
const script = `${text("../../host/name-lookup.sh")}\n${text("hosts-entry.sh")}`;
const program = text("hosts-program.sh");

/** Runs {@link program} at each boot, and whenever {@link pathUnit} triggers it. */
function serviceUnit(node: string, address: string, fqdn: string): string {
  return `# Written by kube-control for ${node}.
[Unit]
Description=The control plane's name in /etc/hosts
# cloud-init may write the file at each boot
After=cloud-init.service cloud-init-network.service
Before=kubelet.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/kube-control-hosts ${address} ${fqdn}

[Install]
WantedBy=multi-user.target
`;
}

const pathUnit = `# Written by kube-control.
[Unit]
Description=Changes of /etc/hosts

[Path]
PathChanged=/etc/hosts

[Install]
WantedBy=multi-user.target
`;

/**
 * Writes the name into a node's /etc/hosts, so that the node can resolve it when DNS does not answer. A changed address
 * replaces the old one. Deleting the step removes the line, if the node answers.
 */
export function hostsEntry(
  name: string,
  node: Host,
  { fqdn, address }: { readonly fqdn: string; readonly address: pulumi.Input<string> },
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const variables = {
    NODE: node.name,
    FQDN: fqdn,
    ADDRESS: address,
    PROGRAM: program,
    SERVICE_UNIT: pulumi.output(address).apply((known) => serviceUnit(node.name, known, fqdn)),
    PATH_UNIT: pathUnit,
  };
  readHost(`${name}-state`, node, [{ what: "the name in /etc/hosts", script, variables }], {
    parent: opts.parent,
  });
  return acrossHostsScript(
    name,
    {
      about: node.name,
      needs: node,
      hosts: [node],
      step: "write the name into /etc/hosts",
      script,
      variables,
      deletes: true,
      timeoutSeconds: 500,
    },
    // if the replacement were created first, the deletion would remove its line
    { ...opts, deleteBeforeReplace: true },
  );
}
