import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Place } from "../base/place";
import { tryRun } from "../base/process";
import { baseImage, writeDebianSources } from "./base-image";
import { type ContainerWork, inContainer } from "./container";

/** The certificates that this machine trusts, including those of a proxy that intercepts TLS. */
const certificates = "/etc/ssl/certs/ca-certificates.crt";

const settings = `set -eu
export DEBIAN_FRONTEND=noninteractive
cp /machine/apt.conf /etc/apt/apt.conf.d/90machine
printf 'APT::Sandbox::User "root";\\n' >/etc/apt/apt.conf.d/91lab
`;

/**
 * Runs a script in a container of the hosts' base image, with this machine's proxies and certificates. This machine's package
 * sources are mounted at /machine.
 */
export async function online(place: Place, work: Omit<ContainerWork, "image">): Promise<void> {
  const machine = mkdtempSync(join(tmpdir(), "kube-control-lab-apt-"));
  try {
    writeDebianSources(place, machine);
    const { stdout } = await tryRun("apt-config", ["dump"]).catch(() => ({ stdout: "" }));
    const proxies = stdout.split("\n").filter((line) => /^Acquire::https?::.*Proxy/i.test(line));
    writeFileSync(join(machine, "apt.conf"), proxies.map((line) => `${line}\n`).join(""));
    const trusted: Record<string, string> = existsSync(certificates) ? { [certificates]: certificates } : {};
    await inContainer({
      ...work,
      image: baseImage(place),
      script: `${settings}${work.script}`,
      folders: { ...work.folders, "/machine": machine, ...trusted },
    });
  } finally {
    rmSync(machine, { recursive: true, force: true });
  }
}
