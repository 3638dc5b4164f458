import * as pulumi from "@pulumi/pulumi";

/** The host that receives the NAS's log, and the address and port of the log. */
interface LogSettings {
  readonly monitor: { readonly name: string };
  readonly nas: { readonly address?: string; readonly port: number };
}

/** Warns if any address may send log lines as the NAS. */
export function warnOfSenders({ monitor, nas }: LogSettings): void {
  if (nas.address !== undefined) return;
  void pulumi.log.warn(
    `kube-control:nas.address is not set: ${monitor.name} accepts log lines on udp port ${nas.port} from any address, so any ` +
      "host that reaches the port can write lines as the NAS. Set it to the NAS's address.",
  );
}
