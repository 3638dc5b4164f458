import {
  contains,
  formatAddress,
  formatNetwork,
  lastOf,
  type Network,
  networkOf,
  overlap,
  parseNetwork,
  sizeOf,
  whyUnusable,
} from "./addresses";
import type { Draft, PlacedAddress } from "./draft";
import { keyOf, type Mistake } from "./mistakes";
import { stackSchema } from "./schema";

/** The schema's own defaults, for settings that are left out. */
const subnets = ["podSubnet", "serviceSubnet"] as const;
type Subnet = (typeof subnets)[number];
const what: Record<Subnet, string> = { podSubnet: "pod subnet", serviceSubnet: "service subnet" };

function subnetOf(draft: Draft, name: Subnet): Network | undefined {
  const given = draft.value("kubernetes", name);
  const text = given === undefined ? stackSchema.shape.kubernetes.shape[name].parse(undefined) : given;
  return typeof text === "string" ? parseNetwork(text) : undefined;
}

/** Every address that is a machine's or the virtual IP. */
function placedAddresses(draft: Draft): PlacedAddress[] {
  const machines = draft.allMachines().map((machine) => machine.address);
  return [...machines, draft.address("virtualIp", "address")].filter((placed) => placed !== undefined);
}

/** What two settings share that each must have for itself. */
function duplicates<T extends { readonly path: readonly PropertyKey[] }>(
  placed: readonly T[],
  same: (entry: T) => string,
  say: (first: T) => Pick<Mistake, "what" | "remedy">,
): Mistake[] {
  const firsts = new Map<string, T>();
  return placed.flatMap((entry) => {
    const first = firsts.get(same(entry));
    if (first === undefined) {
      firsts.set(same(entry), entry);
      return [];
    }
    return [{ key: keyOf(entry.path), value: same(entry), ...say(first) }];
  });
}

function checkDuplicates(draft: Draft): Mistake[] {
  const addresses = duplicates(
    placedAddresses(draft),
    (placed) => placed.text,
    (first) => ({
      what: `is the address of ${keyOf(first.path)} already`,
      remedy: "Give each machine, and the virtual IP, an address of its own.",
    }),
  );
  const named = draft
    .allMachines()
    .flatMap(({ path, name }) => (name === undefined ? [] : [{ path: [...path, "name"], name }]));
  const names = duplicates(
    named,
    (entry) => entry.name,
    (first) => ({
      what: `is the name of ${keyOf(first.path)} already`,
      remedy: "Give each machine the name that it has itself; no two have the same.",
    }),
  );
  return [...addresses, ...names];
}

function checkUsable(draft: Draft): Mistake[] {
  return placedAddresses(draft).flatMap(({ path, address, text }) => {
    const why = whyUnusable(address);
    return why === undefined
      ? []
      : [{ key: keyOf(path), value: text, what: why, remedy: "Give an address of the stack's own network." }];
  });
}

function checkVirtualIp(draft: Draft): Mistake[] {
  const vip = draft.address("virtualIp", "address");
  const prefixLength = draft.number(["virtualIp", "prefixLength"], 24);
  if (vip === undefined || !Number.isInteger(prefixLength) || prefixLength < 8 || prefixLength > 30) {
    return [];
  }
  const network = networkOf(vip.address, prefixLength);
  const outside = draft
    .machines("loadBalancers")
    .flatMap(({ address }) => (address === undefined || contains(network, address.address) ? [] : [address.text]));
  const mistakes: Mistake[] =
    outside.length === 0
      ? []
      : [
          {
            key: keyOf(vip.path),
            value: vip.text,
            what: `is outside the load balancers' subnet: ${formatNetwork(network)} does not hold ${outside.join(", ")}`,
            remedy: "Choose a free address of their subnet, or mend kube-control:virtualIp.prefixLength.",
          },
        ];
  const edges: readonly (readonly [number, string])[] = [
    [network.first, "network address"],
    [lastOf(network), "broadcast address"],
  ];
  const inside = placedAddresses(draft).flatMap(({ path, address, text }) =>
    edges
      .filter(([edge]) => edge === address)
      .map(([, name]) => ({
        key: keyOf(path),
        value: text,
        what: `is the ${name} of ${formatNetwork(network)}`,
        remedy: `Choose an address from ${formatAddress(network.first + 1)} to ${formatAddress(lastOf(network) - 1)}.`,
      })),
  );
  return [...mistakes, ...inside];
}

function checkInsideSubnets(draft: Draft): Mistake[] {
  const nameServers = draft
    .list("endpoint", "nameServers")
    .map((_, index) => draft.address("endpoint", "nameServers", index));
  const all = [...placedAddresses(draft), ...nameServers.filter((placed) => placed !== undefined)];
  return subnets.flatMap((name) => {
    const subnet = subnetOf(draft, name);
    const held = subnet === undefined ? [] : all.filter(({ address }) => contains(subnet, address));
    if (subnet === undefined || held.length === 0) {
      return [];
    }
    return [
      {
        key: keyOf(["kubernetes", name]),
        value: formatNetwork(subnet),
        what: `holds ${held.map(({ path, text }) => `${keyOf(path)} (${text})`).join(", ")}, which pods could not reach then`,
        remedy: `Choose a ${what[name]} that overlaps no network of the site.`,
      },
    ];
  });
}

/** kube-controller-manager gives each node a /24 of the pod subnet. */
const nodePrefixLength = 24;

function checkSubnets(draft: Draft): Mistake[] {
  const pods = subnetOf(draft, "podSubnet");
  const services = subnetOf(draft, "serviceSubnet");
  const mistakes: Mistake[] = [];
  if (pods !== undefined && services !== undefined && overlap(pods, services)) {
    mistakes.push({
      key: keyOf(["kubernetes", "podSubnet"]),
      value: formatNetwork(pods),
      what: `overlaps the service subnet ${formatNetwork(services)}`,
      remedy: "Choose two subnets that share no address, e.g. 10.244.0.0/16 and 10.96.0.0/12.",
    });
  }
  const nodes = draft.machines("masters").length + draft.machines("workers").length;
  const blocks = pods === undefined ? Infinity : sizeOf(pods) / 2 ** (32 - nodePrefixLength);
  if (pods !== undefined && blocks < Math.max(nodes, 1)) {
    mistakes.push({
      key: keyOf(["kubernetes", "podSubnet"]),
      value: formatNetwork(pods),
      what: `is too small: each of the ${nodes} nodes takes a /${nodePrefixLength} of it`,
      remedy: "Choose a larger subnet, e.g. 10.244.0.0/16.",
    });
  }
  if (services !== undefined && (services.prefixLength < 12 || services.prefixLength > 28)) {
    mistakes.push({
      key: keyOf(["kubernetes", "serviceSubnet"]),
      value: formatNetwork(services),
      what: `is too ${services.prefixLength < 12 ? "large" : "small"} for the API server`,
      remedy: "Choose a prefix length from 12 to 28, e.g. 10.96.0.0/12.",
    });
  }
  return mistakes;
}

/** The NAS is a machine of its own: what it sends does not come from a host of the stack. */
function checkNas(draft: Draft): Mistake[] {
  const nas = draft.address("nas", "address");
  if (nas === undefined) return [];
  const key = keyOf(nas.path);
  const why = whyUnusable(nas.address);
  const host = placedAddresses(draft).find(({ address }) => address === nas.address);
  const what = why ?? (host === undefined ? undefined : `is the address of ${keyOf(host.path)} already`);
  return what === undefined ? [] : [{ key, value: nas.text, what, remedy: "Give the NAS's own address." }];
}

/** Mistakes of addresses and names among one another. */
export function checkNetwork(draft: Draft): Mistake[] {
  return [checkDuplicates, checkUsable, checkVirtualIp, checkInsideSubnets, checkSubnets, checkNas].flatMap((check) =>
    check(draft),
  );
}
