import { fact, type HostFacts } from "../facts";
import { type Finding, listed, type Subject, unknown } from "../finding";
import { answered, hostsOf, type View } from "../view";

/** A server as one HAProxy sees it. */
interface Server {
  readonly name: string;
  /** HAProxy's word: UP, DOWN, MAINT, `UP 1/2` while checks fail. */
  readonly state: string;
  /** Result of the last check, e.g. L4TOUT. */
  readonly check: string;
  /** Seconds since the last change. */
  readonly since?: number;
}

/** Every API server has to be up in every HAProxy, and no other be there. */
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
        servers === undefined ? [unknown(name, "how HAProxy sees its servers")] : [],
      ),
      ...masters.flatMap((master) => stateFindings(master, seen)),
      ...seen.flatMap(({ name, servers }) => strangers(name, servers, masters)),
    ],
    facts: Object.fromEntries(views.map(({ name, servers }) => [name, servers ?? null])),
  };
}

function stateFindings(master: string, views: readonly { name: string; servers: Server[] }[]): Finding[] {
  const states = views.map(({ name, servers }) => ({ name, server: servers.find((one) => one.name === master) }));
  const bad = states.filter(({ server }) => server?.state !== "UP");
  if (bad.length === 0) return [];
  // `UP 1/2`: a check has failed, and connections still go there
  if (bad.every(({ server }) => server?.state.startsWith("UP ") === true)) {
    return [
      {
        level: "note",
        host: master,
        what: `${master} fails checks of ${listed(bad.map(({ name }) => name))}, and still counts as up`,
        todo: "Run this again. If it stays, look at the load of the hosts and at the network between them.",
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
        ? `Look at the API server of ${master}; its line and etcd's say more.`
        : `Look at the way from ${listed(bad.map(({ name }) => name))} to ${master}; other load balancers reach it.`,
    },
  ];
}

function describe(server: Server | undefined): string {
  if (server === undefined) return "not among the servers";
  return server.check === "" || server.check === "L7OK" ? server.state : `${server.state} (${server.check})`;
}

function strangers(name: string, servers: readonly Server[], masters: readonly string[]): Finding[] {
  const others = servers.map((server) => server.name).filter((server) => !masters.includes(server));
  return others.length === 0
    ? []
    : [
        {
          level: "degraded",
          host: name,
          what: `HAProxy of ${name} has servers that are no masters: ${listed(others)}`,
          todo: "Run `pulumi up`: it writes the list anew.",
        },
      ];
}

/** The servers by HAProxy's statistics, or by what it tells haproxy-watch. Undefined where neither was to be had. */
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
  // the backend that asks for /readyz tells the reason; the other one tracks it
  const checking = all.filter((of) => of("pxname").endsWith("-readyz"));
  return (checking.length > 0 ? checking : all).map((of) => ({
    name: of("svname"),
    state: of("status"),
    check: of("check_status").replace(/^\* /, ""),
    ...(/^\d+$/.test(of("lastchg")) ? { since: Number(of("lastchg")) } : {}),
  }));
}
