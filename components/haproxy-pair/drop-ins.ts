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

/** What kube-control adds to Debian's keepalived.service. */
export const keepalivedDropIn = `# Written by kube-control.
[Unit]
# at boot the virtual IP is not taken before HAProxy has said whether it serves
After=haproxy.service
StartLimitIntervalSec=0

[Service]
# one that was killed leaves the virtual IP on its interface: started again, it takes it off or serves it
Restart=always
RestartSec=500ms
`;
