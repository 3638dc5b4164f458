/** Default TCP port of sshd. */
export const sshPort = 22;

/** The name of an address in known_hosts. It contains the port if it is not the default. */
export function knownHostsName(address: string, port: number): string {
  return port === sshPort ? address : `[${address}]:${port}`;
}

/** A line of known_hosts that pins a host's key. */
export function knownHostsLine(address: string, { port, hostKey }: { port: number; hostKey: string }): string {
  return `${knownHostsName(address, port)} ${hostKey}\n`;
}

/** The command that prints the public keys of hosts as lines of known_hosts. */
export function keyscan(addresses: readonly string[], port: number): string {
  const withPort = port === sshPort ? "" : `-p ${port} `;
  return `ssh-keyscan ${withPort}-t ed25519 ${addresses.join(" ")}`;
}

/** What to do with the keys that {@link keyscan} prints, because it does not authenticate the hosts. */
export const verifyKeys =
  "Then compare each key with what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints on the host's own console.";
