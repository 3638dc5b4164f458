import * as pulumi from "@pulumi/pulumi";

/** Where the NAS's log arrives, and from whom. */
interface LogSettings {
  readonly monitor: { readonly name: string };
  readonly nas: { readonly address?: string; readonly port: number };
}

/** Warns where anybody may write the NAS's log. */
export function warnOfSenders({ monitor, nas }: LogSettings): void {
  if (nas.address !== undefined) return;
  void pulumi.log.warn(
    `kube-control:nas.address is not set: ${monitor.name} accepts log lines on udp port ${nas.port} from any address, so any ` +
      "host that reaches the port can write lines as the NAS. Set it to the NAS's address.",
  );
}
