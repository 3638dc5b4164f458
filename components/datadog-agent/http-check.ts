import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

/** A URL that the agent requests every 15 s. It reports the service check `http.can_connect` and the response time. */
export interface HttpCheck {
  /** Name of the check, unique in its list. Datadog's tag `instance` has it with `_` for `-`. */
  readonly name: string;
  /** The URL, `https://192.0.2.11:6443/readyz`. Any answer but status 200 is a failure. */
  readonly url: pulumi.Input<string>;
  /**
   * Name that the server's certificate must have, sent in the header Host. With an address in the URL, the agent sends no SNI.
   *
   * @default the host of the URL
   */
  readonly serverName?: string;
  /**
   * File of the certificate authority, as the agent's container has it.
   *
   * @default those that the agent's image trusts
   */
  readonly caFile?: string;
  /** Further tags, `key:value` each. Datadog adds `instance` and `url`. */
  readonly tags?: string[];
}

/** A check whose URL is known. */
export interface KnownHttpCheck extends HttpCheck {
  readonly url: string;
}

/** Seconds for an answer. With the default of 10 s, one silent host would occupy one of the agent's four runners most of the time. */
const timeout = 5;

/**
 * Renders conf.d/http_check.d/conf.yaml.
 *
 * @see https://github.com/DataDog/integrations-core/blob/master/http_check/datadog_checks/http_check/data/conf.yaml.example
 */
export function renderHttpCheck(checks: readonly KnownHttpCheck[]): string {
  const instances = checks.map(({ name, url, serverName, caFile, tags = [] }) => ({
    name,
    url,
    http_response_status_code: "200",
    timeout,
    // the agent's own proxy leads to Datadog, not to the hosts of the stack
    skip_proxy: true,
    // false by default in this check, unlike in the others
    tls_verify: true,
    ...(caFile === undefined ? {} : { tls_ca_cert: caFile }),
    // without a port: the name is compared with the certificate as it is
    ...(serverName === undefined ? {} : { headers: { Host: serverName }, tls_use_host_header: true }),
    // the check `tls` reports it
    check_certificate_expiration: false,
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
  }));
  return `# Written by kube-control.\n${stringify({ init_config: {}, instances }, { lineWidth: 0 })}`;
}
