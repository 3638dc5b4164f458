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
    `kube-control:nas.address is not set: ${monitor.name} takes log lines at udp port ${nas.port} from any address, so that ` +
      "whoever reaches it writes lines as the NAS. Give the NAS's address.",
  );
}
