import fc from "fast-check";
import { parse } from "yaml";
import { checkFiles, type KnownChecks, usedChecks } from "../../../components/datadog-agent/checks";
import { renderDirectory } from "../../../components/datadog-agent/directory";
import { renderDnsCheck } from "../../../components/datadog-agent/dns-check";
import { renderHttpCheck } from "../../../components/datadog-agent/http-check";
import { renderTls } from "../../../components/datadog-agent/tls";

const http = {
  name: "haproxy-lb1",
  url: "https://192.0.2.21:6443/readyz",
  serverName: "kube-control.example.com",
  caFile: "/conf.d/kubernetes-ca.crt",
  tags: ["watched_host:haproxy-lb1"],
};

test("http_check compares the name with the certificate, and does not use the agent's proxy", () => {
  expect(renderHttpCheck([http])).toMatchInlineSnapshot(`
"# Written by kube-control.
init_config: {}
instances:
  - name: haproxy-lb1
    url: https://192.0.2.21:6443/readyz
    http_response_status_code: "200"
    timeout: 5
    skip_proxy: true
    tls_verify: true
    tls_ca_cert: /conf.d/kubernetes-ca.crt
    headers:
      Host: kube-control.example.com
    tls_use_host_header: true
    check_certificate_expiration: false
    tags:
      - watched_host:haproxy-lb1
"
`);
});

test("http_check without a name, an authority and tags omits their options", () => {
  const { name, url } = http;
  const [instance] = (parse(renderHttpCheck([{ name, url }])) as { instances: object[] }).instances;
  expect(Object.keys(instance ?? {})).toEqual([
    ...["name", "url", "http_response_status_code", "timeout", "skip_proxy", "tls_verify"],
    "check_certificate_expiration",
  ]);
});

test("tls reads the remaining days of a server's certificate", () => {
  const check = { name: "k8s-master1", server: "192.0.2.11", port: 6443, serverName: "a.example.com", days: 30 };
  expect(renderTls([{ ...check, tags: ["a:b"] }], [])).toMatchInlineSnapshot(`
"# Written by kube-control.
init_config: {}
instances:
  - name: k8s-master1
    server: 192.0.2.11
    port: 6443
    server_hostname: a.example.com
    timeout: 5
    tls_verify: false
    tls_validate_hostname: true
    days_warning: 30
    days_critical: 30
    tags:
      - a:b
"
`);
});

test("tls reads the remaining days of a certificate in a file", () => {
  expect(renderTls([], [{ name: "authority", path: "/conf.d/ca.crt", days: 180, tags: ["a:b"] }]))
    .toMatchInlineSnapshot(`
"# Written by kube-control.
init_config: {}
instances:
  - name: authority
    local_cert_path: /conf.d/ca.crt
    tls_validate_hostname: false
    days_warning: 180
    days_critical: 180
    tags:
      - a:b
"
`);
});

test("dns_check compares the address of a name, by a name server or by the host's resolver", () => {
  const check = { name: "name", hostname: "a.example.com", resolvesAs: "192.0.2.10" };
  expect(renderDnsCheck([{ ...check, nameServer: "192.0.2.53", tags: ["a:b"] }])).toMatchInlineSnapshot(`
"# Written by kube-control.
init_config: {}
instances:
  - name: name
    hostname: a.example.com
    nameserver: 192.0.2.53
    record_type: A
    resolves_as: 192.0.2.10
    timeout: 5
    tags:
      - a:b
"
`);
  expect(renderDnsCheck([check])).not.toMatch(/nameserver|tags/);
});

test("directory reads the age of each file in a mounted folder", () => {
  expect(renderDirectory([{ name: "backups", folder: "/var/lib/kube-control/backups/latest", tags: ["a:b"] }]))
    .toMatchInlineSnapshot(`
"# Written by kube-control.
init_config: {}
instances:
  - directory: /host/var/lib/kube-control/backups/latest
    name: backups
    filegauges: true
    ignore_missing: true
    min_collection_interval: 60
    tags:
      - a:b
"
`);
  expect(usedChecks({ directory: [{ name: "a", folder: "/a" }] })).toEqual(["directory"]);
});

test("only checks with an instance have a file, in the folder with their name", () => {
  const tls = [{ name: "a", server: "192.0.2.11", port: 6443, days: 30 }];
  expect(checkFiles({})).toEqual([]);
  expect(checkFiles({ http: [], tls }).map(({ path }) => path)).toEqual(["tls.d/conf.yaml"]);
  expect(usedChecks({ http: [http], tls })).toEqual(["http_check", "tls"]);
});

test("a YAML parser reads the same values for any text", () => {
  const text = fc.string();
  const tags = fc.array(text, { minLength: 1 });
  const checks: fc.Arbitrary<KnownChecks> = fc.record({
    http: fc.array(fc.record({ name: text, url: text, serverName: text, caFile: text, tags }), { minLength: 1 }),
    tls: fc.array(fc.record({ name: text, server: text, port: fc.nat(), serverName: text, days: fc.nat(), tags }), {
      minLength: 1,
    }),
    certificateFiles: fc.array(fc.record({ name: text, path: text, days: fc.nat(), tags })),
    dns: fc.array(fc.record({ name: text, hostname: text, resolvesAs: text, nameServer: text, tags }), {
      minLength: 1,
    }),
    directory: fc.array(fc.record({ name: text, folder: text, tags }), { minLength: 1 }),
  });
  fc.assert(
    fc.property(checks, (given) => {
      const read = checkFiles(given).map((file) => (parse(file.text) as { instances: object[] }).instances);
      expect(read).toMatchObject([
        given.http?.map(({ name, url, serverName, caFile, tags: all }) => ({
          ...{ name, url, tls_ca_cert: caFile, tags: all },
          headers: { Host: serverName },
        })),
        [
          ...(given.tls ?? []).map(({ name, server, serverName, days, tags: all }) => ({
            ...{ name, server, server_hostname: serverName, days_critical: days, tags: all },
          })),
          ...(given.certificateFiles ?? []).map(({ name, path, days, tags: all }) => ({
            ...{ name, local_cert_path: path, days_critical: days, tags: all },
          })),
        ],
        given.dns?.map(({ name, hostname, resolvesAs, nameServer, tags: all }) => ({
          ...{ name, hostname, resolves_as: resolvesAs, nameserver: nameServer, tags: all },
        })),
        given.directory?.map(({ name, folder, tags: all }) => ({ name, directory: `/host${folder}`, tags: all })),
      ] as object[]);
    }),
  );
});
