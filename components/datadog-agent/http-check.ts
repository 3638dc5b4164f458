import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

/** A URL that the agent requests every 15 s. It reports the service check `http.can_connect` and the response time. */
export interface HttpCheck {
  /** Name of the check, unique in its list. Datadog's tag `instance` contains it with `_` instead of `-`. */
  readonly name: string;
  /** The URL, `https://192.0.2.11:6443/readyz`. Any status other than 200 is a failure. */
  readonly url: pulumi.Input<string>;
  /**
   * Name that the server's certificate must have, sent in the header Host. With an address in the URL, the agent sends no SNI.
   *
   * @default the host of the URL
   */
  readonly serverName?: string;
  /**
   * Path of the certificate authority's file in the agent's container.
   *
   * @default the authorities that the agent's image trusts
   */
  readonly caFile?: string;
  /** Further tags, `key:value` each. Datadog adds `instance` and `url`. */
  readonly tags?: string[];
}

/** A check whose URL is known. */
export interface KnownHttpCheck extends HttpCheck {
  readonly url: string;
}

/**
 * Seconds to wait for a response. With the default of 10 s, a silent host would occupy one of the agent's four check runners
 * most of the time.
 */
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
    // the agent's proxy is for Datadog, not for the hosts of the stack
    skip_proxy: true,
    // false by default in this check, unlike in the others
    tls_verify: true,
    ...(caFile === undefined ? {} : { tls_ca_cert: caFile }),
    // without a port, because the check compares this text with the names in the certificate
    ...(serverName === undefined ? {} : { headers: { Host: serverName }, tls_use_host_header: true }),
    // the check `tls` reports the expiration
    check_certificate_expiration: false,
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
  }));
  return `# Written by kube-control.\n${stringify({ init_config: {}, instances }, { lineWidth: 0 })}`;
}
