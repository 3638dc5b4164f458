/** sshd's usual TCP port. */
export const sshPort = 22;

/** The name under which known_hosts lists an address: it has the port where that is not the usual one. */
export function knownHostsName(address: string, port: number): string {
  return port === sshPort ? address : `[${address}]:${port}`;
}

/** A line of known_hosts that pins a host's key. */
export function knownHostsLine(address: string, { port, hostKey }: { port: number; hostKey: string }): string {
  return `${knownHostsName(address, port)} ${hostKey}\n`;
}
