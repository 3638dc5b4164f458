import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

/** A certificate that the agent reads every 15 s: the service check `tls.cert_expiration`, the metric `tls.days_left`. */
interface CertificateCheck {
  /** Name of the check, unique in its list; Datadog's tag `name`. */
  readonly name: string;
  /** Days that must be left, with fractions; below that, `tls.cert_expiration` is critical. */
  readonly days: number;
  /** Further tags, `key:value` each. Datadog adds `name`, and of a server `server`, `server_hostname` and `port`. */
  readonly tags?: string[];
}

/** The certificate of a server. */
export interface ServerCertificateCheck extends CertificateCheck {
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
}

/** The first certificate of a file. */
export interface FileCertificateCheck extends CertificateCheck {
  /** Path in the agent's container. */
  readonly certificateFile: string;
}

export type TlsCheck = ServerCertificateCheck | FileCertificateCheck;

/** A check whose server is known. */
export type KnownTlsCheck = (ServerCertificateCheck & { readonly server: string }) | FileCertificateCheck;

/**
 * Renders conf.d/tls.d/conf.yaml. The check of a server compares the name, but does not verify the authority: if it did, it would
 * not report the days of an expired certificate.
 *
 * @see https://github.com/DataDog/integrations-core/blob/master/tls/datadog_checks/tls/data/conf.yaml.example
 */
export function renderTls(checks: readonly KnownTlsCheck[]): string {
  const instances = checks.map((check) => ({
    name: check.name,
    ...("certificateFile" in check ? fileOptions(check) : serverOptions(check)),
    // equal, so that there is no warning before the alert
    days_warning: check.days,
    days_critical: check.days,
    ...((check.tags ?? []).length === 0 ? {} : { tags: check.tags }),
  }));
  return `# Written by kube-control.\n${stringify({ init_config: {}, instances }, { lineWidth: 0 })}`;
}

const fileOptions = ({ certificateFile }: FileCertificateCheck) => ({
  local_cert_path: certificateFile,
  tls_validate_hostname: false,
});

const serverOptions = ({ server, port, serverName }: Exclude<KnownTlsCheck, FileCertificateCheck>) => ({
  server,
  port,
  ...(serverName === undefined ? {} : { server_hostname: serverName }),
  timeout: 5,
  tls_verify: false,
  tls_validate_hostname: true,
});
