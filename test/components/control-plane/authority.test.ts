import { authorityOf } from "../../../components/control-plane/authority";

const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const kubeconfig = (line: string) => `apiVersion: v1\nclusters:\n- cluster:\n${line}    server: https://a:6443\n`;

test("the authority of a kubeconfig is decoded", () => {
  const encoded = Buffer.from(pem).toString("base64");
  expect(authorityOf(kubeconfig(`    certificate-authority-data: ${encoded}\n`))).toBe(pem);
});

test("without an authority in the kubeconfig, it is empty", () => {
  expect(authorityOf(kubeconfig(""))).toBe("");
  expect(authorityOf("")).toBe("");
});
