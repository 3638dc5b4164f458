import { fact, type HostFacts } from "../facts";
import { type Finding, listed, type Subject, unknown } from "../finding";
import { answered, hostsOf, type View } from "../view";

/** A server in one HAProxy. */
interface Server {
  readonly name: string;
  /** HAProxy's status: UP, DOWN, MAINT, `UP 1/2` while checks fail. */
  readonly state: string;
  /** Result of the last check, e.g. L4TOUT. */
  readonly check: string;
  /** Seconds since the last change. */
  readonly since?: number;
}

/** Every HAProxy must have every API server as a server that is up, and no other server. */
export function haproxy(view: View): Subject {
  const masters = hostsOf(view, "master").map(({ name }) => name);
  const views = answered(view, "load balancer").map(({ host, facts }) => ({
    name: host.name,
    servers: serversOf(facts),
  }));
  const seen = views.filter(({ servers }) => servers !== undefined) as { name: string; servers: Server[] }[];
  return {
    name: "HAProxy",
    summary: `${listed(views.map(({ name }) => name))}: ${listed(masters)} up`,
    findings: [
      ...views.flatMap(({ name, servers }) =>
        servers === undefined ? [unknown(name, "the state of HAProxy's servers")] : [],
      ),
      ...masters.flatMap((master) => stateFindings(master, seen)),
      ...seen.flatMap(({ name, servers }) => otherServers(name, servers, masters)),
    ],
    facts: Object.fromEntries(views.map(({ name, servers }) => [name, servers ?? null])),
  };
}

function stateFindings(master: string, views: readonly { name: string; servers: Server[] }[]): Finding[] {
  const states = views.map(({ name, servers }) => ({ name, server: servers.find((one) => one.name === master) }));
  const bad = states.filter(({ server }) => server?.state !== "UP");
  if (bad.length === 0) return [];
  // `UP 1/2`: a check has failed, and HAProxy still sends connections there
  if (bad.every(({ server }) => server?.state.startsWith("UP ") === true)) {
    return [
      {
        level: "note",
        host: master,
        what: `${master} fails checks of ${listed(bad.map(({ name }) => name))}, but is still up`,
        todo: "Run this again. If the finding remains, check the load of the hosts and the network between them.",
      },
    ];
  }
  const texts = bad.map(({ name, server }) => `${describe(server)} on ${name}`);
  const everywhere = bad.length === views.length;
  return [
    {
      level: "degraded",
      host: master,
      what: `${master} is ${listed([...new Set(texts)])}`,
      todo: everywhere
        ? `Check the API server of ${master}: see its line and the line of etcd.`
        : `Check the network from ${listed(bad.map(({ name }) => name))} to ${master}. Other load balancers reach it.`,
    },
  ];
}

function describe(server: Server | undefined): string {
  if (server === undefined) return "not configured";
  return server.check === "" || server.check === "L7OK" ? server.state : `${server.state} (${server.check})`;
}

function otherServers(name: string, servers: readonly Server[], masters: readonly string[]): Finding[] {
  const others = servers.map((server) => server.name).filter((server) => !masters.includes(server));
  return others.length === 0
    ? []
    : [
        {
          level: "degraded",
          host: name,
          what: `HAProxy of ${name} has servers that are not masters: ${listed(others)}`,
          todo: "Run `pulumi up --refresh`: it corrects the configuration.",
        },
      ];
}

/** The servers in HAProxy's statistics, or on the page that haproxy-watch reads. Undefined if neither is available. */
function serversOf(facts: HostFacts): Server[] | undefined {
  const columns = fact(facts, "haproxy-columns")?.replace(/^# /, "").split(",");
  if (columns !== undefined) return ofStatistics(columns, facts.get("haproxy-server") ?? []);
  const names = fact(facts, "haproxy-servers")?.split(" ");
  const up = fact(facts, "haproxy-up")?.split(" ");
  return names === undefined || up?.length !== names.length || !up.every((one) => /^[01]$/.test(one))
    ? undefined
    : names.map((name, index) => ({ name, state: up[index] === "1" ? "UP" : "DOWN", check: "" }));
}

function ofStatistics(columns: readonly string[], lines: readonly string[]): Server[] {
  const all = lines
    .map((line) => line.split(","))
    .map((fields) => (column: string) => fields[columns.indexOf(column)] ?? "")
    .filter((of) => !["FRONTEND", "BACKEND", ""].includes(of("svname")));
  // the backend that checks /readyz has the reason of a failure; the other backend tracks it
  const checking = all.filter((of) => of("pxname").endsWith("-readyz"));
  return (checking.length > 0 ? checking : all).map((of) => ({
    name: of("svname"),
    state: of("status"),
    check: of("check_status").replace(/^\* /, ""),
    ...(/^\d+$/.test(of("lastchg")) ? { since: Number(of("lastchg")) } : {}),
  }));
}
