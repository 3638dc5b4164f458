import ipaddr from "ipaddr.js";

const { IPv4 } = ipaddr;
export type Address = ipaddr.IPv4;

/** An IPv4 network: its first address and its prefix length. */
export interface Network {
  readonly first: Address;
  readonly prefixLength: number;
}

/** Parses four decimal numbers; undefined for other texts. Leading zeros and other forms of inet_aton are refused. */
export function parseAddress(text: string): Address | undefined {
  return IPv4.isValidFourPartDecimal(text) ? IPv4.parse(text) : undefined;
}

/** The network with this prefix length that contains an address. */
export function networkOf(address: Address, prefixLength: number): Network {
  return { first: IPv4.networkAddressFromCIDR(`${address.toString()}/${prefixLength}`), prefixLength };
}

/**
 * Parses a network, e.g. `10.244.0.0/16`. `written` is the address in the text. Undefined if the text is not a network.
 */
export function parseNetwork(text: string): (Network & { readonly written: Address }) | undefined {
  // ipaddr.js accepts a leading zero in the prefix length
  if (!IPv4.isValidCIDRFourPartDecimal(text) || /\/0\d/.test(text)) {
    return undefined;
  }
  const [written, prefixLength] = IPv4.parseCIDR(text);
  return { ...networkOf(written, prefixLength), written };
}

export function formatNetwork(network: Network): string {
  return `${network.first.toString()}/${network.prefixLength}`;
}

/** The number of addresses of a network, including its first and last. */
export function sizeOf(network: Network): number {
  return 2 ** (32 - network.prefixLength);
}

export function lastOf(network: Network): Address {
  return IPv4.broadcastAddressFromCIDR(formatNetwork(network));
}

/** The address that is `steps` after another one. */
export function moved(address: Address, steps: number): Address {
  const number = Buffer.from(address.toByteArray()).readUInt32BE() + steps;
  return new IPv4([24, 16, 8, 0].map((shift) => (number >>> shift) & 255));
}

export function isSame(one: Address, other: Address): boolean {
  return one.toString() === other.toString();
}

export function contains(network: Network, address: Address): boolean {
  return address.match(network.first, network.prefixLength);
}

export function overlap(one: Network, other: Network): boolean {
  return contains(one, other.first) || contains(other, one.first);
}

/** Networks whose addresses no host of a cluster can have, and why. */
const reserved: readonly (readonly [string, string])[] = [
  ["0.0.0.0/8", "means “this network”"],
  ["127.0.0.0/8", "is a loopback address"],
  ["169.254.0.0/16", "is a link-local address"],
  ["224.0.0.0/4", "is a multicast address"],
  ["240.0.0.0/4", "is a reserved address"],
];

/** Why no host can have this address; undefined if one can. */
export function whyUnusable(address: Address): string | undefined {
  return reserved.find(([network]) => address.match(IPv4.parseCIDR(network)))?.[1];
}
