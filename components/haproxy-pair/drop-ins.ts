import { defaults } from "./defaults";
import type { HaproxyConfiguration } from "./haproxy";
import { haproxyDownFile } from "./keepalived";

/**
 * kube-control's additions to Debian's haproxy.service. They write 1 to Keepalived's track file before HAProxy starts
 * and when it ends for any reason, and 0 when it serves.
 */
export const haproxyDropIn = `# Written by kube-control.
[Unit]
# restart it after any number of failures
StartLimitIntervalSec=0

[Service]
# HAProxy computes its maxconn from this limit
LimitNOFILE=65536
RestartSec=500ms
ExecStartPre=/bin/sh -c 'echo 1 >${haproxyDownFile}'
ExecStartPost=/bin/sh -c 'echo 0 >${haproxyDownFile}'
# at a planned stop, Keepalived releases the virtual IP before HAProxy ends
ExecStop=/bin/sh -c 'echo 1 >${haproxyDownFile}; [ -z "$MAINPID" ] || sleep 0.3'
ExecStopPost=/bin/sh -c 'echo 1 >${haproxyDownFile}'
`;

/**
 * kube-control's additions to Debian's keepalived.service. A killed Keepalived leaves the virtual IP on its interface,
 * while another load balancer takes it. So systemd removes the address as soon as Keepalived ends.
 */
export function keepalivedDropIn(virtualIp: string): string {
  const drop = `ip -4 -o address show to ${virtualIp}/32 | while read -r _ device _ address _; do ip address del $address dev $device; done`;
  return `# Written by kube-control.
[Unit]
# at boot, Keepalived starts after HAProxy has written its track file
After=haproxy.service
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=500ms
ExecStopPost=/bin/sh -c '${drop.replaceAll("$", () => "$$")}'
`;
}

/** Path of haproxy-watch.sh on a load balancer. */
const watchProgram = "/usr/local/sbin/haproxy-watch";

/** The unit of haproxy-watch, which handles failures that neither HAProxy nor Keepalived handles. */
export function watchUnit(config: HaproxyConfiguration, virtualIp: string): string {
  const { name, healthPort = defaults.healthPort, statsSocket = defaults.statsSocket, servers } = config;
  const names = servers.map((server) => server.name).join(" ");
  return `# Written by kube-control.
[Unit]
Description=Failures that neither HAProxy nor Keepalived handles
After=haproxy.service
StartLimitIntervalSec=0

[Service]
ExecStart=${watchProgram} ${healthPort} ${name} ${virtualIp} ${statsSocket} ${names}
# run in time on a host with a high load
Nice=-15
Restart=always
RestartSec=500ms

[Install]
WantedBy=multi-user.target
`;
}
