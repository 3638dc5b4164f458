import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export interface Size {
  readonly masters: number;
  readonly loadBalancers: number;
}

/** Sizes with more masters, with more load balancers, and with more of both. */
export const sizes: readonly Size[] = [
  { masters: 3, loadBalancers: 2 },
  { masters: 5, loadBalancers: 2 },
  { masters: 7, loadBalancers: 2 },
  { masters: 3, loadBalancers: 3 },
  { masters: 3, loadBalancers: 4 },
  { masters: 7, loadBalancers: 4 },
];

export type StackConfiguration = Readonly<Record<string, unknown>>;

/** The committed stack `dev` in another size, with a new key and known_hosts in a folder. */
export function stackOf({ masters, loadBalancers }: Size, root: string, folder: string): StackConfiguration {
  const { config } = parse(readFileSync(join(root, "Pulumi.dev.yaml"), "utf8")) as { config: Record<string, object> };
  const named = (name: string, count: number, from: number) =>
    Array.from({ length: count }, (_, index) => ({
      name: `${name}${index + 1}`,
      address: `192.168.2.${from + index + 1}`,
    }));
  const machines = {
    "kube-control:masters": named("k8s-master", masters, 150),
    "kube-control:loadBalancers": named("haproxy-lb", loadBalancers, 140),
    "kube-control:monitor": { name: "monitor", address: "192.168.2.160" },
  };
  const privateKeyFile = join(folder, "id_ecdsa");
  const knownHostsFile = join(folder, "known_hosts");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  writeFileSync(privateKeyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExam";
  const known = Object.values(machines)
    .flat()
    .map(({ address }) => `${address} ${hostKey}\n`);
  writeFileSync(knownHostsFile, known.join(""));
  const ssh = { ...config["kube-control:ssh"], privateKeyFile, knownHostsFile };
  return { ...config, ...machines, "kube-control:ssh": ssh };
}
