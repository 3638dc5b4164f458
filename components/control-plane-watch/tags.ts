/** What a check asks: the values of the tag `watched_role`. */
export const roles = {
  apiServer: "api-server",
  loadBalancer: "load-balancer",
  endpoint: "endpoint",
  name: "name",
} as const;
export type Role = (typeof roles)[keyof typeof roles];

/** The tag of all checks of one role. */
export const roleTag = (role: Role) => `watched_role:${role}`;

/** The key of the tag with the name of the host that is checked. The tag `host` is the agent's own host. */
export const hostKey = "watched_host";
