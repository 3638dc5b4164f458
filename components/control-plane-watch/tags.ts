/** The kinds of targets of the checks: values of the tag `watched_role`. */
export const roles = {
  apiServer: "api-server",
  loadBalancer: "load-balancer",
  endpoint: "endpoint",
  authority: "authority",
  name: "name",
  backup: "backup",
  upload: "upload",
} as const;
export type Role = (typeof roles)[keyof typeof roles];

/** The tag of all checks of one role. */
export const roleTag = (role: Role) => `watched_role:${role}`;

/** Key of the tag with the name of the checked host. The tag `host` is the agent's host. */
export const hostKey = "watched_host";
