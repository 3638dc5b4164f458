import { onHost, pulumi } from "./driver";

let placed: Promise<string> | undefined;

/** Path on master1 of the kubeconfig that the program exports. */
export const kubeconfig = () => (placed ??= place());

/** kubectl on master1 with that kubeconfig, hence through the name and the virtual IP. */
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

/** Forgets the kubeconfig: the next call reads the program's output anew. */
export function forgetKubeconfig(): void {
  placed = undefined;
}
