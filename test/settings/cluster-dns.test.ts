import { clusterDnsWarning } from "../../settings/cluster-dns";

const warning = (clusterDNS: unknown, serviceSubnet = "10.96.0.0/12") =>
  clusterDnsWarning({ serviceSubnet, kubelet: clusterDNS === undefined ? {} : { clusterDNS } });

test.each([
  ["no value", undefined],
  ["an empty list", []],
  ["CoreDNS's service", ["10.96.0.10"]],
  ["two services", ["10.96.0.10", "10.111.255.1"]],
])("clusterDNS with %s gives no warning", (_what, clusterDNS) => {
  expect(warning(clusterDNS)).toBeUndefined();
});

test.each([
  ["a link-local address", ["169.254.20.10"], /169\.254\.20\.10 is not in .*node-local DNS cache/],
  ["one of two addresses", ["10.96.0.10", "192.168.2.1"], /clusterDNS: 192\.168\.2\.1 is not/],
  ["an IPv6 address", ["fd00::10"], /fd00::10/],
])("clusterDNS with %s outside the service subnet gives a warning", (_what, clusterDNS, expected) => {
  expect(warning(clusterDNS)).toMatch(expected);
});

test("clusterDNS is compared with the service subnet of the stack", () => {
  expect(warning(["10.96.0.10"], "10.32.0.0/16")).toMatch(/serviceSubnet \(10\.32\.0\.0\/16\)/);
});
