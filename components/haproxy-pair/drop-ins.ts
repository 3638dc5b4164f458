import { defaults } from "./defaults";
import type { HaproxyConfiguration } from "./haproxy";
import { haproxyDownFile } from "./keepalived";

/**
 * What kube-control adds to Debian's haproxy.service. The track file says 1 from before HAProxy starts until it serves,
 * and again from the moment it ends, whichever way it ends.
 */
export const haproxyDropIn = `# Written by kube-control.
[Unit]
# however often it fails, it is tried again
StartLimitIntervalSec=0

[Service]
# HAProxy derives its maxconn from it
LimitNOFILE=65536
RestartSec=500ms
ExecStartPre=/bin/sh -c 'echo 1 >${haproxyDownFile}'
ExecStartPost=/bin/sh -c 'echo 0 >${haproxyDownFile}'
# a planned stop: the virtual IP leaves first, then HAProxy ends
ExecStop=/bin/sh -c 'echo 1 >${haproxyDownFile}; [ -z "$MAINPID" ] || sleep 0.3'
ExecStopPost=/bin/sh -c 'echo 1 >${haproxyDownFile}'
`;

/**
 * What kube-control adds to Debian's keepalived.service. One that was killed leaves the virtual IP on its interface while
 * another load balancer takes it: systemd takes it off at once.
 */
export function keepalivedDropIn(virtualIp: string): string {
  const drop = `ip -4 -o address show to ${virtualIp}/32 | while read -r _ device _ address _; do ip address del $address dev $device; done`;
  return `# Written by kube-control.
[Unit]
# at boot the virtual IP is not taken before HAProxy has said whether it serves
After=haproxy.service
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=500ms
ExecStopPost=/bin/sh -c '${drop.replaceAll("$", () => "$$")}'
`;
}

/** Where {@link watchUnit}'s program, haproxy-watch.sh, lies on a load balancer. */
const watchProgram = "/usr/local/sbin/haproxy-watch";

/** The service that looks after what Keepalived and HAProxy do not see of each other. */
export function watchUnit(config: HaproxyConfiguration, virtualIp: string): string {
  const { name, healthPort = defaults.healthPort, statsSocket = defaults.statsSocket, servers } = config;
  const names = servers.map((server) => server.name).join(" ");
  return `# Written by kube-control.
[Unit]
Description=What Keepalived and HAProxy do not see of each other
After=haproxy.service
StartLimitIntervalSec=0

[Service]
ExecStart=${watchProgram} ${healthPort} ${name} ${virtualIp} ${statsSocket} ${names}
# on a loaded host it is to notice what happens, not to be late itself
Nice=-15
Restart=always
RestartSec=500ms

[Install]
WantedBy=multi-user.target
`;
}
