import { type DirectoryCheck, renderDirectory } from "./directory";
import { type DnsCheck, type KnownDnsCheck, renderDnsCheck } from "./dns-check";
import { type HttpCheck, type KnownHttpCheck, renderHttpCheck } from "./http-check";
import { type CertificateFileCheck, type KnownTlsCheck, renderTls, type TlsCheck } from "./tls";

/** Datadog's own checks that the agent runs, each every 15 s if not stated otherwise. */
export interface AgentChecks {
  /**
   * URLs that must answer.
   *
   * @default none
   */
  readonly http?: HttpCheck[];
  /**
   * Servers whose certificates must be valid for a number of days.
   *
   * @default none
   */
  readonly tls?: TlsCheck[];
  /**
   * Files whose certificates must be valid for a number of days.
   *
   * @default none
   */
  readonly certificateFiles?: CertificateFileCheck[];
  /**
   * Names that must resolve.
   *
   * @default none
   */
  readonly dns?: DnsCheck[];
  /**
   * Folders on the agent's host whose files' ages are reported.
   *
   * @default none
   */
  readonly directory?: DirectoryCheck[];
}

/** Checks whose addresses are known. */
export interface KnownChecks {
  readonly http?: readonly KnownHttpCheck[];
  readonly tls?: readonly KnownTlsCheck[];
  readonly certificateFiles?: readonly CertificateFileCheck[];
  readonly dns?: readonly KnownDnsCheck[];
  readonly directory?: readonly DirectoryCheck[];
}

/** Datadog's name of the check of each list. Its folder in conf.d has the same name. */
const checkNames = {
  ...{ http: "http_check", tls: "tls", certificateFiles: "tls" },
  ...{ dns: "dns_check", directory: "directory" },
} as const;
const kinds = ["http", "tls", "certificateFiles", "dns", "directory"] as const;

/** Names of the checks that have an instance. */
export function usedChecks(checks: AgentChecks = {}): string[] {
  return [...new Set(kinds.filter((kind) => (checks[kind] ?? []).length > 0).map((kind) => checkNames[kind]))];
}

/** A file of conf.d. */
export interface ConfFile {
  /** Path within conf.d. */
  readonly path: string;
  readonly text: string;
}

/** The files of the checks that have an instance. */
export function checkFiles(checks: KnownChecks): ConfFile[] {
  const { http = [], tls = [], certificateFiles = [], dns = [], directory = [] } = checks;
  const file = (kind: keyof typeof checkNames, instances: readonly unknown[], text: () => string) =>
    instances.length === 0 ? [] : [{ path: `${checkNames[kind]}.d/conf.yaml`, text: text() }];
  return [
    ...file("http", http, () => renderHttpCheck(http)),
    ...file("tls", [...tls, ...certificateFiles], () => renderTls(tls, certificateFiles)),
    ...file("dns", dns, () => renderDnsCheck(dns)),
    ...file("directory", directory, () => renderDirectory(directory)),
  ];
}
