import { onHost, pulumi } from "./driver";

let placed: Promise<string> | undefined;

/** Path on master1 of the kubeconfig that the program exports; the first call writes the file. */
export const kubeconfig = () => (placed ??= place());

/** Runs kubectl on master1 with that kubeconfig, so through the name and the virtual IP. */
export async function kubectl(args: readonly string[], input = ""): Promise<string> {
  const file = await kubeconfig();
  const line = ["kubectl", "--kubeconfig", file, ...args].map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(" ");
  return onHost("k8s-master1", line, input);
}

async function place(): Promise<string> {
  const { stdout } = await pulumi(["stack", "output", "kubeconfig", "--show-secrets"]);
  const file = "/root/end-to-end.kubeconfig";
  await onHost("k8s-master1", `umask 077; cat >${file}`, stdout);
  return file;
}

/** Discards the kubeconfig: the next call reads the program's output again. */
export function forgetKubeconfig(): void {
  placed = undefined;
}
