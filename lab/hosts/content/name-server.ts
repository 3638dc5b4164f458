import type { HostsPlan, LabHost } from "../plan";
import { tsigKeyName } from "../secrets";
import { enabled, type HostContent } from "./host";

/** The initial content of a zone. Updates at run time go to /var/lib/bind. */
const zoneFile = (ns: string, record: string) => `$TTL 60
@ IN SOA ${ns} hostmaster.${ns} ( 1 3600 600 86400 1 )
@ IN NS ${ns}
${record}
`;

/**
 * ns1: authoritative for the stack's zone, which accepts signed updates. Also authoritative for an empty root zone, so that it
 * answers NXDOMAIN for every other name at once.
 */
export function nameServerContent({ stack: { zone }, secrets: { tsigSecret } }: HostsPlan, host: LabHost): HostContent {
  const ns = `ns1.${zone}.`;
  const configuration = `// ns1 of the lab
key "${tsigKeyName}" { algorithm hmac-sha256; secret "${tsigSecret}"; };
options {
  directory "/var/cache/bind";
  listen-on { any; };
  listen-on-v6 { none; };
  recursion no;
  allow-query { any; };
  allow-transfer { key "${tsigKeyName}"; };
  dnssec-validation no;
  notify no;
  minimal-responses yes;
};
zone "." { type primary; file "/etc/bind/root.zone"; };
zone "${zone}" {
  type primary;
  file "/var/lib/bind/${zone}.zone";
  update-policy { grant ${tsigKeyName} zonesub ANY; };
};
`;
  const dropIn = `[Service]
# named must be able to write the zone file: copy the initial one at the first start, and keep later updates
ExecStartPre=+/bin/sh -c 'test -e /var/lib/bind/${zone}.zone || install -o bind -g bind -m 644 /etc/bind/${zone}.zone /var/lib/bind/'
ExecStartPre=+/bin/chown root:bind /etc/bind/named.conf
Restart=always
RestartSec=1
`;
  return {
    files: [
      { path: "etc/bind/named.conf", content: configuration, mode: 0o640 },
      { path: "etc/bind/root.zone", content: zoneFile(ns, `${ns} IN A ${host.address}`) },
      { path: `etc/bind/${zone}.zone`, content: zoneFile(ns, `ns1 IN A ${host.address}`) },
      { path: "etc/systemd/system/named.service.d/lab.conf", content: dropIn },
      ...enabled(["named.service"]),
    ],
    units: ["named.service"],
  };
}
