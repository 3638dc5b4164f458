/** The certificate authority of a kubeconfig, in PEM; empty if it has none. */
export function authorityOf(kubeconfig: string): string {
  const [, encoded = ""] = /^ *certificate-authority-data: *(\S+)$/m.exec(kubeconfig) ?? [];
  return Buffer.from(encoded, "base64").toString("utf8");
}
