/** What the load balancers have where their arguments say nothing else. docs/failover.md gives the reasons. */
export const defaults = {
  /** Path of HAProxy's stats socket. */
  statsSocket: "/run/haproxy.sock",
  connectTimeout: "50ms",
  /** Longer than any API server lets a watch live. */
  clientTimeout: "24h",
  serverTimeout: "24h",
  checkInterval: "200ms",
  /** Connections that a load balancer takes at once. */
  maxConnections: 30000,
  /** TCP port on loopback where HAProxy tells the load balancer's watch which API servers are up. */
  healthPort: 8404,
  /** Prefix length of the load balancers' network. */
  prefixLength: 24,
  /** VRRP's virtual router id. */
  routerId: 33,
  vrrpVersion: 3,
  /** Seconds between adverts, by the version of VRRP. */
  advertInterval: { 2: 1, 3: 0.04 },
  preempt: false,
} as const;
