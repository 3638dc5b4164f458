import { fact, type HostFacts, numberOf, rows, shown } from "../facts";
import { type Finding, type Subject, unknown } from "../finding";
import { answered, type View } from "../view";

/** The agent on the monitor: its container, its listener, and the time of the last line. */
export function agent(view: View): Subject {
  const [monitor] = answered(view, "monitor");
  if (monitor === undefined) {
    return { name: "agent", summary: "not read", findings: [], facts: null };
  }
  const { host, facts } = monitor;
  const { listener } = view.plan;
  const container = containerOf(facts);
  const status = listenerStatus(facts, listener);
  const secondsAgo = lastPacket(facts, listener.port);
  const bytes = received(facts, listener);
  const key = fact(facts, "agent-key");
  const line =
    secondsAgo === undefined
      ? `time of the last line unknown${bytes === undefined ? "" : `, ${bytes} since its start`}`
      : `last line at most ${secondsAgo} s ago`;
  return {
    name: "agent",
    summary: `${container?.state ?? "?"}, ${container?.health ?? "?"}; ${listener.name} ${listener.type} ${listener.port} ${status ?? "?"}; ${line}`,
    findings:
      container === undefined
        ? containerMissing(host.name, fact(facts, "agent"))
        : [
            ...containerFindings(host.name, container),
            ...(container.state === "running" ? listenerFindings(host.name, listener, status, facts) : []),
            ...(key === undefined
              ? []
              : [
                  {
                    level: "degraded",
                    host: host.name,
                    what: "Datadog refuses the agent's API key",
                    todo: "Set kube-control:datadogApiKey to a key of the organisation, and run `pulumi up`.",
                  } satisfies Finding,
                ]),
          ],
    facts: {
      container: container ?? null,
      listener: { ...listener, status: status ?? null, received: bytes ?? null },
      lastLineSecondsAgo: secondsAgo ?? null,
    },
  };
}

interface Container {
  readonly state: string;
  /** Docker's health check: healthy, unhealthy, starting; `-` without one. */
  readonly health: string;
  readonly restarts: number;
  readonly startedAt: string;
  readonly image: string;
}

function containerOf(facts: HostFacts): Container | undefined {
  const [state = "", health = "-", restarts, startedAt = "", image = ""] = (fact(facts, "agent") ?? "").split(" ");
  return /^(created|running|paused|restarting|removing|exited|dead)$/.test(state)
    ? { state, health, restarts: numberOf(restarts) ?? 0, startedAt, image }
    : undefined;
}

function containerMissing(host: string, said: string | undefined): Finding[] {
  if (said === undefined) return [unknown(host, "the state of the agent's container")];
  const why = said.replace(/^absent /, "");
  return [
    {
      level: "degraded",
      host,
      what: `the agent's container on ${host} was not found: ${shown(why, 100)}`,
      todo: "Check Docker there. `pulumi up --refresh` creates the container again.",
    },
  ];
}

function containerFindings(host: string, { state, health }: Container): Finding[] {
  if (state !== "running") {
    return [
      {
        level: "degraded",
        host,
        what: `the agent's container on ${host} is ${state}`,
        todo: "Run docker logs dd-agent there, then docker start dd-agent.",
      },
    ];
  }
  if (health === "starting") {
    return [{ level: "note", host, what: "the agent has just started", todo: "Run this again in a minute." }];
  }
  return health === "healthy" || health === "-"
    ? []
    : [
        {
          level: "degraded",
          host,
          what: `the agent on ${host} is ${health}`,
          todo: "Run docker exec dd-agent agent health there: it names the unhealthy part.",
        },
      ];
}

type Listener = View["plan"]["listener"];

const isOf = ({ name, type, port }: Listener, row: readonly string[]) =>
  row[0] === name && row[1] === type && row[2] === String(port);

function listenerStatus(facts: HostFacts, listener: Listener): string | undefined {
  const text = rows(facts, "listener").find((row) => isOf(listener, row));
  return text === undefined ? undefined : shown(text.slice(3).join(" "), 60);
}

function received(facts: HostFacts, listener: Listener): string | undefined {
  const bytes = numberOf(rows(facts, "listener-bytes").find((row) => isOf(listener, row))?.[3]);
  return bytes === undefined ? undefined : `${bytes} bytes`;
}

function listenerFindings(host: string, listener: Listener, status: string | undefined, facts: HostFacts): Finding[] {
  const { name, type, port } = listener;
  if (status === "OK") return [];
  if (status === undefined && !facts.has("listener") && !facts.has("agent-version")) {
    return [unknown(host, "the agent's listeners")];
  }
  return [
    {
      level: "degraded",
      host,
      what: `the agent's listener ${name} (${type} ${port}) is ${status ?? "not in its status"}`,
      todo: "Run docker logs dd-agent there. `pulumi up --refresh` corrects the configuration.",
    },
  ];
}

/**
 * Seconds since the last packet to a port, from the kernel's connection table: each packet renews the lifetime of its entry.
 * Undefined if the table is not readable or has no entry.
 */
function lastPacket(facts: HostFacts, port: number): number | undefined {
  const [single, stream] = (fact(facts, "udp-lifetimes") ?? "").split(" ").map(numberOf);
  const ages = rows(facts, "last-packet").flatMap(([to, left, kind]) => {
    const [remaining, lifetime] = [numberOf(left), kind === "stream" ? stream : single];
    return to === String(port) && remaining !== undefined && lifetime !== undefined && remaining <= lifetime
      ? [lifetime - remaining]
      : [];
  });
  return ages.length === 0 ? undefined : Math.min(...ages);
}
