import { UserError } from "../../host/error";
import { type DatadogAccess, type Held, heldByDatadog, type HeldByDatadog, type Kind, kinds, Unread } from "./held";
import type { LogPipeline } from "./log-pipeline";
import { isMarked } from "./of-stack";

/** The resources' types, and the permission that Datadog wants of who lists what they make. */
const about: Record<Kind, { readonly type: string; readonly permission: string }> = {
  pipelines: { type: "datadog:index/logsCustomPipeline:LogsCustomPipeline", permission: "logs_read_config" },
  metrics: { type: "datadog:index/logsMetric:LogsMetric", permission: "logs_read_config" },
  monitors: { type: "datadog:index/monitor:Monitor", permission: "monitors_read" },
  dashboards: { type: "datadog:index/dashboardJson:DashboardJson", permission: "dashboards_read" },
};

/** Ids in Datadog by the names of the resources that adopt them. */
export type Adopted = Readonly<Record<string, string>>;

export interface AdoptionArgs extends DatadogAccess {
  /** Tells whether the stack's state notes a resource. */
  readonly isNoted: (type: string, name: string) => boolean;
  /** The stack's pipelines by the names of their components. */
  readonly pipelines: readonly (readonly [string, LogPipeline])[];
}

/**
 * Finds what an earlier run of the stack has made in Datadog and could not note, because Pulumi was killed or the state was
 * lost. Datadog is asked only for kinds of which the state does not note everything.
 *
 * @throws UserError where Datadog does not tell: what it has would be made again. And where it has a metric of others
 *   under the name of one that is to be made: it takes no second one.
 */
export async function adoptedFrom({ isNoted, pipelines, ...access }: AdoptionArgs): Promise<Adopted> {
  const unnoted = pipelines
    .flatMap(([name, pipeline]) => madeOf(name, pipeline))
    .filter(({ kind, resource }) => !isNoted(about[kind].type, resource));
  const asked = kinds.filter((kind) => unnoted.some((one) => one.kind === kind));
  const held: HeldByDatadog = asked.length === 0 ? {} : await heldByDatadog(access, asked);
  refuseUnread(access.apiUrl, unnoted, held);
  const adopted = unnoted.map(
    (made) => [made.resource, ofEarlierRun(made, held[made.kind] as readonly Held[])] as const,
  );
  return Object.fromEntries(adopted.flatMap(([resource, id]) => (id === undefined ? [] : [[resource, id]])));
}

/** Something that a stack makes in Datadog. */
interface Made {
  readonly kind: Kind;
  /** The resource's name. */
  readonly resource: string;
  /** Its name in Datadog. */
  readonly name: string;
  /** Whether one of that name is this stack's. */
  readonly isOurs: (held: Held) => boolean;
}

function madeOf(component: string, { of, name, description, ...pipeline }: LogPipeline): Made[] {
  if (of === undefined) return [];
  const { metrics = [], monitors = [], dashboard } = pipeline;
  const isOurs = (held: Held) => isMarked(of, held.about);
  const isOurPipeline = description === undefined ? isOurs : (held: Held) => held.description === description;
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

/** The id of what is this stack's; undefined where there is none, or more than one: none of several is the right one. */
function ofEarlierRun({ kind, name, isOurs }: Made, held: readonly Held[]): string | undefined {
  const named = held.filter((one) => one.name === name);
  const [only, ...others] = named.filter(isOurs);
  const [theirs] = named;
  if (kind === "metrics" && only === undefined && theirs !== undefined) {
    throw new UserError(
      `it has a metric ${name} already, which counts others' lines (${theirs.about})`,
      "Datadog",
      "Give this stack a kube-control:nas.service of its own. If the metric is not used, delete it there.",
    );
  }
  return others.length === 0 ? only?.id : undefined;
}

function refuseUnread(apiUrl: string, unnoted: readonly Made[], held: HeldByDatadog): void {
  const unread = kinds.flatMap((kind) => {
    const answer = held[kind];
    return answer instanceof Unread ? [{ kind, answer }] : [];
  });
  if (unread.length === 0) return;
  const of = unread.map(({ kind }) => kind);
  const resources = unnoted.filter(({ kind }) => of.includes(kind)).map(({ resource }) => resource);
  throw new UserError(
    `Datadog does not tell which ${of.join(" and ")} it has, and the state does not note all of this stack: ` +
      `an earlier run may have made ${resources.join(", ")}, which would be made again\n` +
      unread.map(({ answer }) => `  ${answer.message}`).join("\n"),
    apiUrl,
    remedy(unread),
  );
}

function remedy(unread: readonly { readonly kind: Kind; readonly answer: Unread }[]): string {
  const refused = unread.filter(({ answer: { status } }) => status === 401 || status === 403);
  const permissions = [...new Set(refused.map(({ kind }) => about[kind].permission))];
  const proxy = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].find((name) => process.env[name]);
  const isSilent = unread.some(({ answer }) => answer.status === undefined);
  return [
    permissions.length === 0
      ? "Run the same command again once Datadog answers."
      : "Check kube-control:datadogApiKey and kube-control:datadogAppKey, and give the user of the application key the " +
        `permission ${permissions.join(", ")}. Then run the same command again.`,
    ...(isSilent && proxy !== undefined && process.env["NODE_USE_ENV_PROXY"] !== "1"
      ? [`${proxy} is set, but Node.js takes it only with NODE_USE_ENV_PROXY=1, from versions 22.21 and 24 on.`]
      : []),
  ].join("\n  ");
}
