import { defaults as controlPlane } from "../components/control-plane/defaults";
import type { Refusal } from "../host/refusal";
import {
  contains,
  formatNetwork,
  isSame,
  lastOf,
  moved,
  type Network,
  networkOf,
  overlap,
  parseNetwork,
  sizeOf,
  whyUnusable,
} from "./addresses";
import { machinesOf, placedAt, type PlacedAddress } from "./machines";
import { keyOf } from "./mistakes";
import type { StackConfiguration } from "./schema";
import type { Sound } from "./sound";

type Stack = Sound<StackConfiguration>;

const subnets = [
  ["podSubnet", "pod subnet"],
  ["serviceSubnet", "service subnet"],
] as const;

function subnetOf({ kubernetes }: Stack, name: (typeof subnets)[number][0]): Network | undefined {
  const text = kubernetes?.[name];
  return text === undefined ? undefined : parseNetwork(text);
}

const isThere = <T>(value: T | undefined): value is T => value !== undefined;

const virtualIpOf = ({ virtualIp }: Stack) => placedAt(["virtualIp", "address"], virtualIp?.address);

/** The addresses of all machines, and the virtual IP. */
function addressesOf(stack: Stack): PlacedAddress[] {
  return [...machinesOf(stack).map(({ address }) => address), virtualIpOf(stack)].filter(isThere);
}

/** Mistakes in entries that have the same value as an earlier one, although each needs its own. */
function duplicates<T extends { readonly path: readonly PropertyKey[] }>(
  placed: readonly T[],
  same: (entry: T) => string,
  say: (first: T) => Omit<Refusal, "path">,
): Refusal[] {
  const firsts = new Map<string, T>();
  return placed.flatMap((entry) => {
    const first = firsts.get(same(entry));
    if (first === undefined) {
      firsts.set(same(entry), entry);
      return [];
    }
    return [{ path: entry.path, ...say(first) }];
  });
}

function checkDuplicates(stack: Stack): Refusal[] {
  const addresses = duplicates(
    addressesOf(stack),
    ({ address }) => address.toString(),
    (first) => ({
      what: `is already the address of ${keyOf(first.path)}`,
      remedy: "Give each machine, and the virtual IP, an address of its own.",
    }),
  );
  const named = machinesOf(stack).flatMap(({ path, name }) =>
    name === undefined ? [] : [{ path: [...path, "name"], name }],
  );
  const names = duplicates(
    named,
    ({ name }) => name,
    (first) => ({
      what: `is already the name of ${keyOf(first.path)}`,
      remedy: "Give each machine its own host name. Each name must be unique.",
    }),
  );
  return [...addresses, ...names];
}

function checkUsable(stack: Stack): Refusal[] {
  return addressesOf(stack).flatMap(({ path, address }) => {
    const what = whyUnusable(address);
    return what === undefined ? [] : [{ path, what, remedy: "Set it to an address of the stack's own network." }];
  });
}

function checkVirtualIp(stack: Stack): Refusal[] {
  const vip = virtualIpOf(stack);
  const prefixLength = stack.virtualIp?.prefixLength;
  if (vip === undefined || prefixLength === undefined) {
    return [];
  }
  const network = networkOf(vip.address, prefixLength);
  const last = lastOf(network);
  const outside = machinesOf(stack)
    .filter(({ path: [list] }) => list === "loadBalancers")
    .flatMap(({ address }) => (address === undefined || contains(network, address.address) ? [] : [address.address]));
  const mistakes: Refusal[] =
    outside.length === 0
      ? []
      : [
          {
            path: vip.path,
            what: `is outside the load balancers' subnet: ${formatNetwork(network)} does not contain ${outside.join(", ")}`,
            remedy: `Choose a free address of their subnet, or correct ${keyOf(["virtualIp", "prefixLength"])}.`,
          },
        ];
  const edges = [
    [network.first, "network address"],
    [last, "broadcast address"],
  ] as const;
  const inside = addressesOf(stack).flatMap(({ path, address }) =>
    edges
      .filter(([edge]) => isSame(edge, address))
      .map(([, name]) => ({
        path,
        what: `is the ${name} of ${formatNetwork(network)}`,
        remedy: `Choose an address from ${moved(network.first, 1).toString()} to ${moved(last, -1).toString()}.`,
      })),
  );
  return [...mistakes, ...inside];
}

function checkInsideSubnets(stack: Stack): Refusal[] {
  const nameServers = (stack.endpoint?.nameServers ?? []).map((text, index) =>
    placedAt(["endpoint", "nameServers", index], text),
  );
  const all = [...addressesOf(stack), ...nameServers.filter(isThere)];
  return subnets.flatMap(([name, title]) => {
    const subnet = subnetOf(stack, name);
    const held = subnet === undefined ? [] : all.filter(({ address }) => contains(subnet, address));
    const list = held.map(({ path, address }) => `${keyOf(path)} (${address.toString()})`).join(", ");
    return held.length === 0
      ? []
      : [
          {
            path: ["kubernetes", name],
            what: `contains addresses that pods then cannot reach: ${list}`,
            remedy: `Choose a ${title} that overlaps no network of the site.`,
          },
        ];
  });
}

/** kube-controller-manager gives each node a /24 of the pod subnet. */
const nodePrefixLength = 24;

function checkSubnets(stack: Stack): Refusal[] {
  const pods = subnetOf(stack, "podSubnet");
  const services = subnetOf(stack, "serviceSubnet");
  const mistakes: Refusal[] = [];
  if (pods !== undefined && services !== undefined && overlap(pods, services)) {
    mistakes.push({
      path: ["kubernetes", "podSubnet"],
      what: `overlaps the service subnet ${formatNetwork(services)}`,
      remedy: `Choose two subnets that share no address, e.g. ${controlPlane.podSubnet} and ${controlPlane.serviceSubnet}.`,
    });
  }
  const nodes = (stack.masters?.length ?? 0) + (stack.workers?.length ?? 0);
  const blocks = pods === undefined ? Infinity : sizeOf(pods) / 2 ** (32 - nodePrefixLength);
  if (blocks < Math.max(nodes, 1)) {
    mistakes.push({
      path: ["kubernetes", "podSubnet"],
      what: `is too small: each of the ${nodes} nodes takes a /${nodePrefixLength} of it`,
      remedy: `Choose a larger subnet, e.g. ${controlPlane.podSubnet}.`,
    });
  }
  if (services !== undefined && (services.prefixLength < 12 || services.prefixLength > 28)) {
    mistakes.push({
      path: ["kubernetes", "serviceSubnet"],
      what: `is too ${services.prefixLength < 12 ? "large" : "small"} for the API server`,
      remedy: `Choose a prefix length from 12 to 28, e.g. ${controlPlane.serviceSubnet}.`,
    });
  }
  return mistakes;
}

/** The NAS is not a host of the stack, so no host can have its address. */
function checkNas(stack: Stack): Refusal[] {
  const nas = placedAt(["nas", "address"], stack.nas?.address);
  if (nas === undefined) return [];
  const host = addressesOf(stack).find(({ address }) => isSame(address, nas.address));
  const what =
    whyUnusable(nas.address) ?? (host === undefined ? undefined : `is already the address of ${keyOf(host.path)}`);
  return what === undefined ? [] : [{ path: nas.path, what, remedy: "Set it to the NAS's own address." }];
}

/** Mistakes in addresses, names and subnets that a comparison of settings shows. */
export function checkNetwork(stack: Stack): Refusal[] {
  return [checkDuplicates, checkUsable, checkVirtualIp, checkInsideSubnets, checkSubnets, checkNas].flatMap((check) =>
    check(stack),
  );
}
