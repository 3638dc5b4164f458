import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

/** A server whose certificate the agent reads every 15 s: the service check `tls.cert_expiration`, the metric `tls.days_left`. */
export interface TlsCheck {
  /** Name of the check, unique in its list; Datadog's tag `name`. */
  readonly name: string;
  /** Address or name of the server. */
  readonly server: pulumi.Input<string>;
  /** TCP port. */
  readonly port: number;
  /**
   * Name that the certificate must have, also sent as SNI.
   *
   * @default the server
   */
  readonly serverName?: string;
  /** Days that must be left, with fractions; below that, `tls.cert_expiration` is critical. */
  readonly days: number;
  /** Further tags, `key:value` each. Datadog adds `name`, `server`, `server_hostname` and `port`. */
  readonly tags?: string[];
}

/** A check whose server is known. */
export interface KnownTlsCheck extends TlsCheck {
  readonly server: string;
}

/** A file whose first certificate the agent reads every 15 s, with the results of {@link TlsCheck}. */
export interface CertificateFileCheck {
  /** Name of the check, unique in its list; Datadog's tag `name`. */
  readonly name: string;
  /** Path in the agent's container. */
  readonly path: string;
  /** Days that must be left, with fractions; below that, `tls.cert_expiration` is critical. */
  readonly days: number;
  /** Further tags, `key:value` each. Datadog adds `name`. */
  readonly tags?: string[];
}

/**
 * Renders conf.d/tls.d/conf.yaml. The check of a server compares the name, but does not verify the authority: if it did, it would
 * not report the days of an expired certificate.
 *
 * @see https://github.com/DataDog/integrations-core/blob/master/tls/datadog_checks/tls/data/conf.yaml.example
 */
export function renderTls(servers: readonly KnownTlsCheck[], files: readonly CertificateFileCheck[]): string {
  const limits = ({ days, tags = [] }: TlsCheck | CertificateFileCheck) => ({
    // equal, so that there is no warning before the alert
    days_warning: days,
    days_critical: days,
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
  });
  const instances = [
    ...servers.map((check) => ({
      name: check.name,
      server: check.server,
      port: check.port,
      ...(check.serverName === undefined ? {} : { server_hostname: check.serverName }),
      timeout: 5,
      tls_verify: false,
      tls_validate_hostname: true,
      ...limits(check),
    })),
    ...files.map((check) => ({
      name: check.name,
      local_cert_path: check.path,
      tls_validate_hostname: false,
      ...limits(check),
    })),
  ];
  return `# Written by kube-control.\n${stringify({ init_config: {}, instances }, { lineWidth: 0 })}`;
}
