import * as pulumi from "@pulumi/pulumi";
import { controlPlaneChecks } from "../../../components/control-plane-watch";
import { checkFiles, type KnownChecks } from "../../../components/datadog-agent/checks";
import { trustedFile } from "../../../components/datadog-agent";

const of = { stack: "prod", fqdn: "kube-control.example.com" };
const plane = {
  of,
  masters: [11, 12, 13].map((last, index) => ({ name: `k8s-master${index + 1}`, address: `192.0.2.${last}` })),
  loadBalancers: [21, 22].map((last, index) => ({ name: `haproxy-lb${index + 1}`, address: `192.0.2.${last}` })),
  virtualIp: "192.0.2.10",
};

const known = (change: object = {}) =>
  new Promise<KnownChecks>((resolve) => {
    pulumi.output(controlPlaneChecks({ ...plane, ...change })).apply((checks) => resolve(checks as KnownChecks));
  });

test("each API server, load balancer and endpoint has a check of /readyz by the endpoint's name", async () => {
  const { http = [] } = await known();
  expect(http.map(({ name, url, serverName }) => [name, url, serverName])).toEqual([
    ...[11, 12, 13].map((last, index) => [`k8s-master${index + 1}`, `https://192.0.2.${last}:6443/readyz`, of.fqdn]),
    ...[21, 22].map((last, index) => [`haproxy-lb${index + 1}`, `https://192.0.2.${last}:6443/readyz`, of.fqdn]),
    ["endpoint", "https://kube-control.example.com:6443/readyz", undefined],
  ]);
  expect(new Set(http.map(({ caFile }) => caFile))).toEqual(new Set([trustedFile]));
});

test("the tags name stack, role and host", async () => {
  const { http = [] } = await known();
  expect(http.map(({ tags = [] }) => tags.join(" "))).toEqual([
    ...[1, 2, 3].map((number) => `kube_control:${of.fqdn} watched_role:api-server watched_host:k8s-master${number}`),
    ...[1, 2].map((number) => `kube_control:${of.fqdn} watched_role:load-balancer watched_host:haproxy-lb${number}`),
    `kube_control:${of.fqdn} watched_role:endpoint watched_host:${of.fqdn}`,
  ]);
});

test("the certificate of each API server is read, and that of the authority; load balancers have none", async () => {
  const { tls = [], certificateFiles } = await known({ port: 8443 });
  expect(tls.map(({ name, server, port, serverName, days }) => [name, server, port, serverName, days])).toEqual(
    [11, 12, 13].map((last, index) => [`k8s-master${index + 1}`, `192.0.2.${last}`, 8443, of.fqdn, 365 / 4]),
  );
  const tags = [`kube_control:${of.fqdn}`, "watched_role:authority", `watched_host:${of.fqdn}`];
  expect(certificateFiles).toEqual([{ name: "authority", path: trustedFile, days: 180, tags }]);
});

test("every name server must resolve the name, or the host's resolver if none is given", async () => {
  const servers = async (nameServers?: string[]) =>
    ((await known({ nameServers })).dns ?? []).map(({ name, nameServer, hostname, resolvesAs }) => [
      ...[name, nameServer, hostname, resolvesAs],
    ]);
  expect(await servers()).toEqual([["name", undefined, of.fqdn, "192.0.2.10"]]);
  expect(await servers(["192.0.2.53", "192.0.2.54"])).toEqual([
    ["name-192.0.2.53", "192.0.2.53", of.fqdn, "192.0.2.10"],
    ["name-192.0.2.54", "192.0.2.54", of.fqdn, "192.0.2.10"],
  ]);
});

test("the newest backups have a check only if their folder is given", async () => {
  expect(Object.keys(await known())).toEqual(["http", "tls", "certificateFiles", "dns"]);
  const { directory } = await known({ newestBackups: "/var/lib/kube-control/backups/latest" });
  const tags = [`kube_control:${of.fqdn}`, "watched_role:backup"];
  expect(directory).toEqual([{ name: "backups", folder: "/var/lib/kube-control/backups/latest", tags }]);
  const both = await known({ newestBackups: "/latest", newestUpload: "/uploaded" });
  expect(both.directory?.[1]).toEqual({ name: "upload", folder: "/uploaded", tags: [tags[0], "watched_role:upload"] });
});

test("an address may be the output of a virtual machine", async () => {
  const masters = [{ name: "k8s-master1", address: pulumi.output("192.0.2.99") }];
  const [file] = checkFiles(await known({ masters, virtualIp: pulumi.output("192.0.2.98") }));
  expect(file?.text).toContain("url: https://192.0.2.99:6443/readyz");
});
