/** Defaults of the load balancers' arguments. docs/failover.md explains them. */
export const defaults = {
  /** Path of HAProxy's stats socket. */
  statsSocket: "/run/haproxy.sock",
  connectTimeout: "50ms",
  /** Longer than an API server keeps a watch open. */
  clientTimeout: "24h",
  serverTimeout: "24h",
  checkInterval: "200ms",
  /** Connections that a load balancer accepts at once. */
  maxConnections: 30000,
  /** TCP port on loopback, on which HAProxy reports to haproxy-watch which API servers are up. */
  healthPort: 8404,
  /** Prefix length of the load balancers' network. */
  prefixLength: 24,
  /** VRRP's virtual router id. */
  routerId: 33,
  vrrpVersion: 3,
  /** Seconds between adverts, for each version of VRRP. */
  advertInterval: { 2: 1, 3: 0.04 },
  preempt: false,
} as const;
