import { type DashboardWidget, type OfStack, stackTag } from "../datadog-log-pipeline";
import { hostKey, type Role, roles, roleTag } from "./tags";

/** A row of widgets for a dashboard: the state of API servers, load balancers, endpoint, certificates, authority and name. */
export function controlPlaneWidgets(of: OfStack): DashboardWidget[] {
  const widget = (title: string, check: string, role: Role, by: string, columns: number): DashboardWidget => ({
    type: "check",
    title,
    check,
    tags: [stackTag(of), roleTag(role)],
    by,
    columns,
    rows: 2,
  });
  return [
    widget("API servers", "http.can_connect", roles.apiServer, hostKey, 3),
    widget("Load balancers", "http.can_connect", roles.loadBalancer, hostKey, 2),
    widget("Endpoint", "http.can_connect", roles.endpoint, hostKey, 2),
    widget("Certificates", "tls.cert_expiration", roles.apiServer, hostKey, 2),
    widget("Authority", "tls.cert_expiration", roles.authority, hostKey, 1),
    widget("Name", "dns.can_resolve", roles.name, "nameserver", 2),
  ];
}
