import { defaults } from "./defaults";

/** An API server to which the load balancers forward connections: one of HAProxy's servers. */
export interface HaproxyServer {
  /** The server's name in HAProxy's logs and statistics, e.g. `k8s-master1`. */
  readonly name: string;
  /** IPv4 address. */
  readonly address: string;
}

/**
 * HAProxy's options. Times have HAProxy's format: a number and `us`, `ms`, `s`, `m`, `h` or `d`.
 *
 * @see https://docs.haproxy.org/2.6/configuration.html
 */
export interface HaproxyOptions {
  /** Path of the stats socket, which only root may open. @default `defaults.statsSocket` */
  readonly statsSocket?: string;
  /**
   * Time within which an API server must accept a connection, before another one is tried.
   *
   * @default `defaults.connectTimeout`
   */
  readonly connectTimeout?: string;
  /** Time for which a client may send nothing. A watch may send nothing for hours. @default `defaults.clientTimeout` */
  readonly clientTimeout?: string;
  /** Time for which an API server may send nothing. @default `defaults.serverTimeout` */
  readonly serverTimeout?: string;
  /** Time between two checks of an API server's `/readyz`. @default `defaults.checkInterval` */
  readonly checkInterval?: string;
  /**
   * Connections that a load balancer accepts at once; further ones wait. HAProxy reserves memory for each.
   *
   * @default `defaults.maxConnections`
   * @see https://docs.haproxy.org/2.6/configuration.html#4.2-maxconn
   */
  readonly maxConnections?: number;
  /** TCP port on loopback, on which HAProxy reports which API servers are up. @default `defaults.healthPort` */
  readonly healthPort?: number;
  /**
   * Whether the log line of a connection ends with the address and port of HAProxy's own connection to the API server.
   * API servers see only these, so the line tells the client of a line in their logs.
   *
   * @default false
   */
  readonly logSourcePorts?: boolean;
}

export interface HaproxyConfiguration extends HaproxyOptions {
  /** Name of the section that clients connect to, in HAProxy's configuration, logs, statistics and commands. */
  readonly name: string;
  /** TCP port of the load balancers and of every API server. */
  readonly port: number;
  readonly servers: readonly HaproxyServer[];
}

/** How often HAProxy retries a connection, on another server, before it closes the client's connection. */
export const retries = 5;

/** HAProxy's checks of the API servers' `/readyz`. */
export const checks = {
  /** Time between a failed check and the next one. */
  fastInterval: "50ms",
  /** Time within which the answer must arrive after the TLS handshake. */
  patience: "1s",
  /** Failed checks in a row after which HAProxy treats a server as down, if there is another one. */
  fall: 3,
  /** Failed checks in a row after which HAProxy treats the only server as down. */
  fallOfOne: 10,
} as const;

/**
 * The line of `option tcplog`, and the source of the connection to the API server.
 *
 * @see https://docs.haproxy.org/2.6/configuration.html#8.2.2
 */
const logFormat = '"%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq %bi:%bp"';

const unitMilliseconds: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };

/** Converts one of HAProxy's times to milliseconds. A number without a unit is in milliseconds. */
export function milliseconds(time: string): number {
  return parseInt(time, 10) * (unitMilliseconds[time.replace(/^\d+/, "")] ?? 1);
}

/** The section with the health checks of the API servers. Clients' servers have the state of its servers. */
export const checkedSection = (name: string) => `${name}-readyz`;

function longer(one: string, other: string): string {
  return milliseconds(one) < milliseconds(other) ? other : one;
}

/**
 * The complete `/etc/haproxy/haproxy.cfg`, the same on every load balancer. docs/failover.md explains the values. No
 * two sections have the same name: HAProxy 3.2 warns of a frontend and a backend with the same name, and 3.3 refuses
 * them.
 */
export function renderHaproxy(config: HaproxyConfiguration): string {
  const clientTimeout = config.clientTimeout ?? defaults.clientTimeout;
  const serverTimeout = config.serverTimeout ?? defaults.serverTimeout;
  const checked = checkedSection(config.name);
  // a single API server has no replacement, and it answers slowly while other masters join it
  const fall = config.servers.length === 1 ? checks.fallOfOne : checks.fall;
  const isUp = config.servers.map((server) => `srv_is_up(${checked}/${server.name})`);
  return `# Written by kube-control, which overwrites changes.
global
    log /dev/log local0
    user haproxy
    group haproxy
    chroot /var/lib/haproxy
    hard-stop-after 24h
    stats socket ${config.statsSocket ?? defaults.statsSocket} user root group root mode 600 level admin expose-fd listeners

defaults
    mode tcp
    log global
    ${config.logSourcePorts ? `log-format ${logFormat}` : "option tcplog"}
    option dontlognull
    timeout connect ${config.connectTimeout ?? defaults.connectTimeout}
    timeout client ${clientTimeout}
    timeout server ${serverTimeout}
    timeout tunnel ${longer(clientTimeout, serverTimeout)}
    timeout client-fin 30s
    timeout server-fin 30s
    # a host that is down does not answer: try another server
    retries ${retries}
    option redispatch 1
    # detect a broken path of an idle connection
    option srvtcpka
    srvtcpka-idle 1s
    srvtcpka-intvl 1s
    srvtcpka-cnt 2
    option clitcpka
    clitcpka-idle 30s
    clitcpka-intvl 10s
    clitcpka-cnt 3

listen ${config.name}
    # transparent: when the virtual IP has moved away, its connections can still be closed, so that clients do not hang
    bind *:${config.port} transparent tcp-ut 30s
    # less than the limit of the process, so that HAProxy can still answer haproxy-watch
    maxconn ${config.maxConnections ?? defaults.maxConnections}
    # if no API server is up, refuse at once, so that clients do not wait. Not nbsrv, which is 0 in the old process after a reload
${isUp.map((condition) => `    acl any-up ${condition}\n`).join("")}    tcp-request connection reject unless any-up
    balance roundrobin
    default-server tcp-ut 2s
${config.servers.map(({ name, address }) => `    server ${name} ${address}:${config.port} track ${checked}/${name}\n`).join("")}
# health checks. Their timeouts are longer than those of connections: on a busy host, a TLS handshake takes longer
backend ${checked}
    option log-health-checks
    option httpchk GET /readyz
    http-check expect status 200
    # connect: until the end of the TLS handshake; check: from there. A healthy server answers late while etcd elects a leader
    timeout connect 250ms
    timeout check ${checks.patience}
    default-server check check-ssl verify none inter ${config.checkInterval ?? defaults.checkInterval} fastinter ${checks.fastInterval} downinter 200ms fall ${fall} rise 1
${config.servers.map(({ name, address }) => `    server ${name} ${address}:${config.port}\n`).join("")}
# for haproxy-watch: \`1\` or \`0\` per API server, in the order above. For a server that tracks another, srv_is_up is always true
frontend ${config.name}-health
    bind 127.0.0.1:${config.healthPort ?? defaults.healthPort}
    mode http
    http-request set-log-level silent
    timeout client 2s
    timeout http-request 2s
    http-request return status 200 content-type text/plain lf-string "${isUp.map((sample) => `%[${sample}]`).join(" ")}"
`;
}
