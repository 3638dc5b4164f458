import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { whyUnreadable } from "../../host/readable-file";

/** A kind of configuration file that the API servers read. */
interface Kind {
  readonly kind: string;
  readonly apiVersions: readonly string[];
  /** What is wrong with the content; undefined if nothing is. */
  readonly why: (content: Content) => string | undefined;
}

type Content = Readonly<Record<string, unknown>>;

const group = "apiserver.config.k8s.io";

/** The configuration files by the argument's name. */
export const kinds = {
  /** @see https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
  policy: { kind: "Policy", apiVersions: ["audit.k8s.io/v1"], why: whyNoPolicy },
  /** @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/ */
  authentication: {
    kind: "AuthenticationConfiguration",
    apiVersions: [`${group}/v1`, `${group}/v1beta1`],
    why: whyNoAnonymousAccess,
  },
  /** @see https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/ */
  admission: { kind: "AdmissionConfiguration", apiVersions: [`${group}/v1`], why: whyNoAdmission },
} as const satisfies Readonly<Record<string, Kind>>;

/** Why the API servers would not start with a file, or would not serve; undefined if they would. */
export function whyNoConfiguration(path: string, { kind, apiVersions, why }: Kind): string | undefined {
  const unreadable = whyUnreadable(path);
  if (unreadable !== undefined) {
    return unreadable;
  }
  const documents = parseAllDocuments(readFileSync(path, "utf8"));
  const [document, ...others] = Array.isArray(documents) ? documents : [];
  if (document === undefined || others.length > 0) {
    return document === undefined ? "is empty" : "has several documents";
  }
  const [error] = document.errors;
  if (error !== undefined) {
    return `is not valid YAML: ${error.message.split("\n")[0]?.replace(/:$/, "")}`;
  }
  const content: unknown = document.toJS();
  if (!isContent(content) || content["kind"] !== kind) {
    return `is not of the kind ${kind}: its kind is ${isContent(content) ? String(content["kind"]) : "missing"}`;
  }
  return apiVersions.includes(String(content["apiVersion"]))
    ? why(content)
    : `has the apiVersion ${String(content["apiVersion"])}, expected ${apiVersions.join(" or ")}`;
}

const isContent = (value: unknown): value is Content =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const entriesOf = (value: unknown): Content[] => (Array.isArray(value) ? value.filter(isContent) : []);

function whyNoPolicy({ rules }: Content): string | undefined {
  const levels = ["None", "Metadata", "Request", "RequestResponse"];
  if (!Array.isArray(rules) || rules.length === 0) {
    return "has no rules: the API servers refuse such a policy";
  }
  const odd = rules.findIndex((rule) => !isContent(rule) || !levels.includes(String(rule["level"])));
  return odd < 0 ? undefined : `has a rule (number ${odd + 1}) without a level of ${levels.join(", ")}`;
}

/**
 * What is read without a login: HAProxy's checks, kubelet's probes, and the first request of a join.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-authenticator-configuration
 */
const anonymousPaths = ["/livez", "/readyz", "/api/v1/namespaces/kube-public/configmaps/cluster-info"];

function whyNoAnonymousAccess({ anonymous }: Content): string | undefined {
  if (!isContent(anonymous)) {
    return undefined;
  }
  if (anonymous["enabled"] !== true) {
    return `disables anonymous access: HAProxy's checks, kubelet's probes and joins need ${anonymousPaths.join(", ")}`;
  }
  const paths = entriesOf(anonymous["conditions"]).map((condition) => condition["path"]);
  const missing = "conditions" in anonymous ? anonymousPaths.filter((path) => !paths.includes(path)) : [];
  return missing.length === 0
    ? undefined
    : `has anonymous.conditions without ${missing.join(", ")}, which HAProxy's checks, kubelet's probes and joins read without a login`;
}

function whyNoAdmission({ plugins }: Content): string | undefined {
  const relative = entriesOf(plugins).find((one) => typeof one["path"] === "string" && !one["path"].startsWith("/"));
  return relative === undefined
    ? undefined
    : `names a file for the plugin ${String(relative["name"])} by a relative path, but only this file is written to the masters: write its content under \`configuration\``;
}
