/** IPv4 arithmetic: addresses as unsigned 32-bit numbers, networks as their first address and a prefix length. */
export interface Network {
  readonly first: number;
  readonly prefixLength: number;
}

/** The number behind `192.168.2.151`, or undefined where the text is no IPv4 address (leading zeros are not). */
export function parseAddress(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (parts === undefined || parts.some((part) => Number(part) > 255 || String(Number(part)) !== part)) {
    return undefined;
  }
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

function mask(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}

/** The network of a prefix length that an address lies in. */
export function networkOf(address: number, prefixLength: number): Network {
  return { first: (address & mask(prefixLength)) >>> 0, prefixLength };
}

/** A network and the address it was written with, e.g. `10.244.0.0/16`; undefined where the text is none. */
export function parseNetwork(text: string): (Network & { readonly written: number }) | undefined {
  const [, addressText, prefixText] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
  const written = addressText === undefined ? undefined : parseAddress(addressText);
  const prefixLength = Number(prefixText);
  if (written === undefined || prefixLength > 32 || String(prefixLength) !== prefixText) {
    return undefined;
  }
  return { ...networkOf(written, prefixLength), written };
}

export function formatNetwork(network: Network): string {
  return `${formatAddress(network.first)}/${network.prefixLength}`;
}

/** How many addresses a network holds, its first and last included. */
export function sizeOf(network: Network): number {
  return 2 ** (32 - network.prefixLength);
}

export function lastOf(network: Network): number {
  return network.first + sizeOf(network) - 1;
}

export function contains(network: Network, address: number): boolean {
  return address >= network.first && address <= lastOf(network);
}

export function overlap(one: Network, other: Network): boolean {
  return one.first <= lastOf(other) && other.first <= lastOf(one);
}

/** Networks that no host of a cluster can be addressed in, and what they are. */
const reserved: readonly (readonly [string, string])[] = [
  ["0.0.0.0/8", "means “this network”"],
  ["127.0.0.0/8", "is a loopback address"],
  ["169.254.0.0/16", "is a link-local address"],
  ["224.0.0.0/4", "is a multicast address"],
  ["240.0.0.0/4", "is a reserved address"],
];

/** Why no host can have this address, or undefined where one can. */
export function whyUnusable(address: number): string | undefined {
  return reserved.find(([text]) => {
    const network = parseNetwork(text);
    return network !== undefined && contains(network, address);
  })?.[1];
}
