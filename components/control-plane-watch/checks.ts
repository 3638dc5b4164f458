import * as pulumi from "@pulumi/pulumi";
import { alertBefore, authorityAlertBefore } from "../control-plane/certificate-validity";
import { defaults as controlPlane } from "../control-plane/defaults";
import { type AgentChecks, type HttpCheck, trustedFile } from "../datadog-agent";
import { stackTag } from "../datadog-log-pipeline";
import type { WatchedHost, WatchedPlane } from "./args";
import { hostKey, type Role, roles, roleTag } from "./tags";

/**
 * The checks of a control plane for a `DatadogAgent`. `/readyz` needs no login: kubeadm allows it to anonymous users. A load
 * balancer passes TLS through, and its address is not in the certificate. So the checks compare the endpoint's name.
 */
export function controlPlaneChecks(plane: WatchedPlane): AgentChecks {
  const { of, port = controlPlane.port, masters, loadBalancers, virtualIp, nameServers = [] } = plane;
  const directory = ageChecks(plane);
  const days = alertBefore(plane.certificateValidity) / 86_400;
  const { fqdn } = of;
  const tags = (role: Role, host: string) => [stackTag(of), roleTag(role), `${hostKey}:${host}`];
  const ready = (role: Role, { name, address }: WatchedHost): HttpCheck => ({
    name,
    url: pulumi.interpolate`https://${address}:${port}/readyz`,
    serverName: fqdn,
    caFile: trustedFile,
    tags: tags(role, name),
  });
  const name = { hostname: fqdn, resolvesAs: virtualIp, tags: tags(roles.name, fqdn) };
  return {
    http: [
      ...masters.map((master) => ready(roles.apiServer, master)),
      ...loadBalancers.map((balancer) => ready(roles.loadBalancer, balancer)),
      // by name, as clients do: the check resolves it at each run
      {
        name: "endpoint",
        url: `https://${fqdn}:${port}/readyz`,
        caFile: trustedFile,
        tags: tags(roles.endpoint, fqdn),
      },
    ],
    tls: masters.map((master) => ({
      name: master.name,
      server: master.address,
      port,
      serverName: fqdn,
      days,
      tags: tags(roles.apiServer, master.name),
    })),
    certificateFiles: [
      // kubeadm makes all three authorities at the same time, with the same validity
      {
        name: "authority",
        path: trustedFile,
        days: authorityAlertBefore / 86_400,
        tags: tags(roles.authority, fqdn),
      },
    ],
    dns:
      nameServers.length === 0
        ? [{ name: "name", ...name }]
        : nameServers.map((nameServer) => ({ name: `name-${nameServer}`, nameServer, ...name })),
    // without it, the inputs of an agent that checks no backups do not change
    ...(directory.length === 0 ? {} : { directory }),
  };
}

/** The folders with files whose times are those of the newest backups. */
function ageChecks({ of, newestBackups, newestUpload }: WatchedPlane) {
  const check = (name: string, folder: string | undefined, role: Role) =>
    folder === undefined ? [] : [{ name, folder, tags: [stackTag(of), roleTag(role)] }];
  return [...check("backups", newestBackups, roles.backup), ...check("upload", newestUpload, roles.upload)];
}
