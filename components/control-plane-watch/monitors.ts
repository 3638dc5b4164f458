import type * as datadog from "@pulumi/datadog";
import { type OfStack, stackTag } from "../datadog-log-pipeline";
import { alertBefore, authorityAlertBefore, durationText } from "../control-plane/certificate-validity";
import type { ControlPlaneWatchArgs } from "./args";
import { onlyIf } from "./message";
import { hostKey, type Role, roles, roleTag } from "./tags";

/** A monitor of a service check that the agent reports. */
export interface CheckMonitor {
  /** Part of the resource's name, and name of the output. */
  readonly key: string;
  /** Name in Datadog, and title of the notification. */
  readonly name: string;
  /** Datadog's name of the service check. */
  readonly check: string;
  readonly role: Role;
  /** Key of a tag. The monitor alerts separately for each of its values. */
  readonly by: string;
  /** Text of the alert: the failure, its effect, and what to do. */
  readonly message: string;
  /** Text of the recovery. */
  readonly recovered: string;
  /** From 1, the most urgent, to 5. */
  readonly priority: number;
  /** Minutes after which a notification is repeated while the monitor alerts. */
  readonly repeatMinutes: number;
  /**
   * Alert on missing results.
   *
   * @default none
   */
  readonly silence?: { readonly minutes: number; readonly message: string };
}

/** Number of consecutive results that start or end an alert. The agent reports one every 15 s. */
const consecutive = 2;
const day = 1440;

/** The query of a monitor. The window is one result longer than the threshold, as in Datadog's own monitors. */
export function checkQuery(of: OfStack, { check, role, by }: CheckMonitor): string {
  const scope = [stackTag(of), roleTag(role)].map((tag) => JSON.stringify(tag)).join(",");
  return `"${check}".over(${scope}).by("${by}").last(${consecutive + 1}).count_by_status()`;
}

/** The arguments of `datadog.Monitor`. */
export function checkMonitorArgs(of: OfStack, notify: readonly string[], monitor: CheckMonitor): datadog.MonitorArgs {
  const { name, message, recovered, priority, repeatMinutes, silence } = monitor;
  const threshold = String(consecutive);
  const texts = [
    onlyIf("is_alert", message),
    onlyIf("is_recovery", recovered),
    ...(silence === undefined ? [] : [onlyIf("is_no_data", silence.message)]),
  ].join("");
  return {
    name,
    type: "service check",
    query: checkQuery(of, monitor),
    message: [texts, notify.join(" ")].filter((part) => part !== "").join("\n\n"),
    monitorThresholds: { critical: threshold, warning: threshold, ok: threshold },
    ...(silence === undefined ? {} : { notifyNoData: true, noDataTimeframe: silence.minutes }),
    renotifyInterval: repeatMinutes,
    priority: String(priority),
    tags: [stackTag(of), "service:kubernetes"],
    // otherwise the plugin asks Datadog at every preview to validate the query
    validate: false,
  };
}

/** What the monitors of a control plane are made from. */
export type MonitoredPlane = Pick<ControlPlaneWatchArgs, "of" | "agentHost" | "certificateValidity">;

/** The monitors of the checks of a stack's control plane. */
export function checkMonitors({ of, agentHost, certificateValidity }: MonitoredPlane): CheckMonitor[] {
  const { stack, fqdn } = of;
  const host = `{{${hostKey}.name}}`;
  return [
    {
      key: "api-server",
      name: `API server of ${host} is down (${stack})`,
      check: "http.can_connect",
      role: roles.apiServer,
      by: hostKey,
      message:
        `The API server of ${host} does not answer /readyz: {{check_message}}\n` +
        `The load balancers send no requests to it. Until it is back, the control plane tolerates one failure less.\n` +
        `If the host is down, start it. On ${host}: \`systemctl status kubelet containerd\`, ` +
        `\`crictl ps -a --name 'kube-apiserver|etcd'\`, \`journalctl -u kubelet -n 50\`. ` +
        `Replace a lost master as in docs/operations.md.`,
      recovered: `The API server of ${host} answers again.`,
      priority: 2,
      repeatMinutes: day,
    },
    {
      key: "load-balancer",
      name: `Load balancer ${host} is down (${stack})`,
      check: "http.can_connect",
      role: roles.loadBalancer,
      by: hostKey,
      message:
        `HAProxy on ${host} does not answer /readyz: {{check_message}}\n` +
        `Another load balancer holds the virtual IP. If no other load balancer is up, the control plane is down.\n` +
        `If the host is down, start it. On ${host}: \`systemctl status haproxy keepalived\`, ` +
        `\`journalctl -u haproxy -u keepalived -n 50\`, then \`systemctl start haproxy keepalived\`.`,
      recovered: `HAProxy on ${host} answers again.`,
      priority: 2,
      repeatMinutes: day,
    },
    {
      key: "endpoint",
      name: `Control plane ${fqdn} is down (${stack})`,
      check: "http.can_connect",
      role: roles.endpoint,
      by: hostKey,
      message:
        `${fqdn} does not answer /readyz: {{check_message}}\n` +
        `kubectl, controllers and kubelets do not reach the API servers. Running pods continue to run.\n` +
        `The monitors of load balancers, API servers and the name show what is down: start it. If all of them are OK, check ` +
        `for the virtual IP on each load balancer: \`ip -4 address\`, \`systemctl status keepalived\`.`,
      recovered: `${fqdn} answers again.`,
      silence: {
        minutes: 5,
        message:
          `The agent on ${agentHost} reports no checks, so Datadog cannot detect a failure of the control plane.\n` +
          `On ${agentHost}: \`docker ps -a --filter name=dd-agent\`, \`docker exec dd-agent agent status\`, ` +
          `\`docker logs --tail 50 dd-agent\`.`,
      },
      priority: 1,
      repeatMinutes: 60,
    },
    {
      key: "certificate",
      name: `Certificate of the API server of ${host} expires soon (${stack})`,
      check: "tls.cert_expiration",
      role: roles.apiServer,
      by: hostKey,
      message:
        `The certificate of the API server of ${host} expires in less than ` +
        `${durationText(alertBefore(certificateValidity))}: {{check_message}}\n` +
        `A timer on ${host} renews it earlier, so the timer or kubeadm fails. Clients do not connect to an API server with an ` +
        `expired certificate.\n` +
        `On ${host}: \`systemctl list-timers kube-control-certificates\`, \`journalctl -u kube-control-certificates -n 50\`, ` +
        `\`sudo kube-control-certificates renew\`. Details: docs/operations.md.`,
      recovered: `The certificate of the API server of ${host} is renewed.`,
      priority: 3,
      repeatMinutes: day,
    },
    {
      key: "authority",
      name: `Certificate authorities of ${fqdn} expire soon (${stack})`,
      check: "tls.cert_expiration",
      role: roles.authority,
      by: hostKey,
      message:
        `The certificate authority of ${fqdn} expires in less than ${durationText(authorityAlertBefore)}: {{check_message}}\n` +
        `Nothing renews it. When it has expired, no client and no node connects to the control plane. The authorities of etcd and of ` +
        `the front proxy usually expire at the same time: \`npm run status\`.\n` +
        `Replace all of them as in docs/operations.md, New certificate authorities. That takes days, because your users need new ` +
        `kubeconfigs.`,
      recovered: `The certificate authority of ${fqdn} is replaced.`,
      priority: 3,
      repeatMinutes: 7 * day,
    },
    {
      key: "name",
      name: `${fqdn} does not resolve to the virtual IP (${stack})`,
      check: "dns.can_resolve",
      role: roles.name,
      by: "nameserver",
      message:
        `The name server {{nameserver.name}} does not resolve ${fqdn} to the virtual IP alone: {{check_message}}\n` +
        `Clients outside of the cluster may not reach it. The nodes have the name in /etc/hosts.\n` +
        `Compare \`dig ${fqdn} @{{nameserver.name}}\` with \`pulumi stack output virtualIp\`. If someone changed the record, ` +
        `run \`pulumi refresh\` and \`pulumi up\`. If the name server is down, start it.`,
      recovered: `The name server {{nameserver.name}} resolves ${fqdn} to the virtual IP again.`,
      priority: 2,
      repeatMinutes: day,
    },
  ];
}
