import { UserError } from "../../host/error";
import {
  type DatadogAccess,
  type Existing,
  type ExistingByKind,
  existingInDatadog,
  type Kind,
  kinds,
  ListError,
} from "./existing";
import type { LogPipeline } from "./log-pipeline";
import { contains, isMarked } from "./of-stack";

/** For each kind, the type of its resource, and the permission that is required to list it. */
const resources: Record<Kind, { readonly type: string; readonly permission: string }> = {
  pipelines: { type: "datadog:index/logsCustomPipeline:LogsCustomPipeline", permission: "logs_read_config" },
  metrics: { type: "datadog:index/logsMetric:LogsMetric", permission: "logs_read_config" },
  monitors: { type: "datadog:index/monitor:Monitor", permission: "monitors_read" },
  dashboards: { type: "datadog:index/dashboardJson:DashboardJson", permission: "dashboards_read" },
};

/** Ids in Datadog by the name of the resource that imports them. */
export type Adopted = Readonly<Record<string, string>>;

export interface AdoptionArgs extends DatadogAccess {
  /** Whether the stack's state has a resource. */
  readonly isNoted: (type: string, name: string) => boolean;
  /** The stack's pipelines with the names of their components. */
  readonly pipelines: readonly (readonly [string, LogPipeline])[];
  /**
   * Further monitors of the stack: names of the resources, and names in Datadog.
   *
   * @default none
   */
  readonly monitors?: readonly { readonly resource: string; readonly name: string }[];
}

/**
 * Finds what an earlier run of the stack created in Datadog, but that is not in the state, because Pulumi was killed or the
 * state was lost. Lists only the kinds with at least one resource that is not in the state.
 *
 * @throws UserError if Datadog does not answer, because resources would be created twice; and if a metric exists that is not
 *   this stack's, because Datadog does not allow a second one with the same name
 */
export async function adoptedFrom({ isNoted, pipelines, monitors = [], ...access }: AdoptionArgs): Promise<Adopted> {
  // their queries contain the stack's tag
  const isOurs = ({ about }: Existing) => contains(access.tag, about);
  const further = monitors.map((monitor): Planned => ({ kind: "monitors", ...monitor, isOurs }));
  const missing = [...pipelines.flatMap(([name, pipeline]) => plannedBy(name, pipeline)), ...further].filter(
    ({ kind, resource }) => !isNoted(resources[kind].type, resource),
  );
  const asked = kinds.filter((kind) => missing.some((one) => one.kind === kind));
  const existing: ExistingByKind = asked.length === 0 ? {} : await existingInDatadog(access, asked);
  throwIfNotListed(access.apiUrl, missing, existing);
  const adopted = missing.map(
    (planned) => [planned.resource, idFromEarlierRun(planned, existing[planned.kind] as readonly Existing[])] as const,
  );
  return Object.fromEntries(adopted.flatMap(([resource, id]) => (id === undefined ? [] : [[resource, id]])));
}

/** Something that a stack creates in Datadog. */
interface Planned {
  readonly kind: Kind;
  /** Name of the resource. */
  readonly resource: string;
  /** Name in Datadog. */
  readonly name: string;
  /** Whether an existing one with this name belongs to this stack. */
  readonly isOurs: (existing: Existing) => boolean;
}

function plannedBy(component: string, { of, name, description, ...pipeline }: LogPipeline): Planned[] {
  if (of === undefined) return [];
  const { metrics = [], monitors = [], dashboard } = pipeline;
  const isOurs = (existing: Existing) => isMarked(of, existing.about);
  const isOurPipeline =
    description === undefined ? isOurs : (existing: Existing) => existing.description === description;
  const resource = (what: string) => `${component}-${what}`;
  return [
    { kind: "pipelines", resource: resource("pipeline"), name, isOurs: isOurPipeline },
    ...metrics.map(
      (one) => ({ kind: "metrics", resource: resource(`metric-${one.key}`), name: one.name, isOurs }) as const,
    ),
    ...monitors.map(
      (one) => ({ kind: "monitors", resource: resource(`monitor-${one.key}`), name: one.name, isOurs }) as const,
    ),
    ...(dashboard === undefined
      ? []
      : [{ kind: "dashboards", resource: resource("dashboard"), name: dashboard.title, isOurs } as const]),
  ];
}

/** The id of the one that belongs to this stack; undefined if there is none, or more than one. */
function idFromEarlierRun({ kind, name, isOurs }: Planned, existing: readonly Existing[]): string | undefined {
  const named = existing.filter((one) => one.name === name);
  const [only, ...others] = named.filter(isOurs);
  const [theirs] = named;
  if (kind === "metrics" && only === undefined && theirs !== undefined) {
    throw new UserError(
      `a metric ${name} already exists and counts other logs (${theirs.about})`,
      "Datadog",
      "Set kube-control:nas.service to a value that only this stack uses. If the metric is not used, delete it in Datadog.",
    );
  }
  return others.length === 0 ? only?.id : undefined;
}

function throwIfNotListed(apiUrl: string, missing: readonly Planned[], existing: ExistingByKind): void {
  const failed = kinds.flatMap((kind) => {
    const answer = existing[kind];
    return answer instanceof ListError ? [{ kind, answer }] : [];
  });
  if (failed.length === 0) return;
  const of = failed.map(({ kind }) => kind);
  const names = missing.filter(({ kind }) => of.includes(kind)).map(({ resource }) => resource);
  throw new UserError(
    `cannot list the ${of.join(" and ")} in Datadog. These resources are not in the state: an earlier run may have created ` +
      `them, and they would be created again: ${names.join(", ")}\n` +
      failed.map(({ answer }) => `  ${answer.message}`).join("\n"),
    apiUrl,
    remedyFor(failed),
  );
}

function remedyFor(failed: readonly { readonly kind: Kind; readonly answer: ListError }[]): string {
  const refused = failed.filter(({ answer: { status } }) => status === 401 || status === 403);
  const permissions = [...new Set(refused.map(({ kind }) => resources[kind].permission))];
  const proxy = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].find((name) => process.env[name]);
  const isSilent = failed.some(({ answer }) => answer.status === undefined);
  return [
    permissions.length === 0
      ? "Run the same command again when Datadog answers."
      : "Check kube-control:datadogApiKey and kube-control:datadogAppKey, and give the user of the application key the " +
        `permission ${permissions.join(", ")}. Then run the same command again.`,
    ...(isSilent && proxy !== undefined && process.env["NODE_USE_ENV_PROXY"] !== "1"
      ? [`${proxy} is set, but Node.js uses it only with NODE_USE_ENV_PROXY=1, and from version 22.21 or 24 on.`]
      : []),
  ].join("\n  ");
}
