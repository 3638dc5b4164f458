import { z } from "zod";
import { sshPort } from "../../host/known-hosts";
import * as field from "../fields";
import { isDialled } from "../names";

const loginName = () =>
  field
    .text(
      (value) => /^[a-z_][a-z0-9_.-]{0,31}$/.test(value),
      "is not a legal user name",
      "Set it to the login name that every host knows, e.g. ops.",
    )
    .meta({ example: "ops" });

const proxyJump = z
  .strictObject({
    host: field
      .text(isDialled, "is not a host", "Set it to the jump host's IPv4 address or its name, e.g. bastion.example.com.")
      .meta({
        description: "Address or name of the jump host. known_hosts has its key too.",
        example: "bastion.example.com",
      }),
    port: field.port(sshPort).default(sshPort).meta({ description: "TCP port of its sshd." }),
    user: loginName().optional().meta({ description: "Login name there.", unset: "`ssh.user`" }),
  })
  .meta({
    description: "The host through which all others are reached.",
    source: "https://man.openbsd.org/ssh_config#ProxyJump",
  });

export const ssh = z
  .strictObject({
    user: loginName().meta({
      description: "Login name on every host. A user other than root needs sudo without a password.",
    }),
    port: field.port(sshPort).default(sshPort).meta({ description: "TCP port of sshd on every host." }),
    privateKeyFile: field.filePath("~/.ssh/id_ed25519").optional().meta({
      description: "The private key, without a passphrase: a path from the project's folder, or from home with `~/`.",
      unset: "required unless `agent` is true",
      source: "https://man.openbsd.org/ssh-keygen",
    }),
    agent: z.boolean().default(false).meta({
      description: "Log in with the keys of the operator's ssh agent instead of a file.",
      source: "https://man.openbsd.org/ssh-agent",
    }),
    knownHostsFile: field.filePath("~/.ssh/known_hosts").meta({
      description: "A known_hosts file with the public key of every host.",
      source: "https://man.openbsd.org/sshd#SSH_KNOWN_HOSTS_FILE_FORMAT",
    }),
    proxyJump: proxyJump.optional(),
  })
  .meta({ description: "How the hosts are reached." });
