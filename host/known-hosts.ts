/** The name under which known_hosts holds an address: the port is part of it where it is not 22. */
export function knownHostsName(address: string, port: number): string {
  return port === 22 ? address : `[${address}]:${port}`;
}

/** A line of known_hosts that pins a host's key. */
export function knownHostsLine(address: string, { port, hostKey }: { port: number; hostKey: string }): string {
  return `${knownHostsName(address, port)} ${hostKey}\n`;
}
