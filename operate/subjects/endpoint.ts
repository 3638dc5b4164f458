import { fact, webAnswer } from "../facts";
import { type Finding, listed, type Subject } from "../finding";
import { answered, type Answered, type View } from "../view";

/** One host's request to the endpoint. */
interface Ask {
  readonly host: string;
  /** Whether the host verified the certificate, as clients do. */
  readonly isChecked: boolean;
  readonly isOk: boolean;
  readonly why: string;
}

/** Target of a request: the endpoint's name, as the host resolves it, or the virtual IP. */
type Way = "name" | "address";

/** An API server must answer at the endpoint's name and at the virtual IP, and the name must resolve to the virtual IP. */
export function endpoint(view: View): Subject {
  const { fqdn, port, virtualIp } = view.plan;
  const [byName, byAddress] = (["name", "address"] as const).map((way) => asksOf(view, way)) as [Ask[], Ask[]];
  const { fromHere } = view;
  const isOk = { name: anyOk(byName), address: anyOk(byAddress) };
  const findings = [...reachability(view, byName, byAddress), ...resolution(view)];
  return {
    name: "endpoint",
    summary: `${fqdn} resolves to ${virtualIp}; /readyz is ok at both`,
    findings,
    facts: {
      fqdn,
      port,
      virtualIp,
      byName: isOk.name ?? null,
      byAddress: isOk.address ?? null,
      asks: { byName, byAddress },
      fromHere,
    },
  };
}

/** Reasons of failures, by curl's exit code. */
const failures: Readonly<Record<number, string>> = {
  0: "no answer",
  6: "the name does not resolve",
  7: "refused",
  28: "timed out",
  35: "TLS handshake failed",
  52: "no answer",
  56: "connection broken",
  58: "the client certificate cannot be read",
  60: "the certificate is not trusted",
};

export function whyNot({ status, failure, body }: { status: number; failure: number; body: string }): string {
  if (status === 0) return failures[failure] ?? `failed (curl's exit code ${failure})`;
  return `answers ${status}${body === "" ? "" : `: ${body.slice(0, 80)}`}`;
}

function asksOf(view: View, way: Way): Ask[] {
  return answered(view).flatMap(({ host, facts }) => {
    const [, checks, text] = /^(checked|unchecked) (.*)$/s.exec(fact(facts, `endpoint-${way}`) ?? "") ?? [];
    const answer = webAnswer(text);
    return answer === undefined
      ? []
      : [{ host: host.name, isChecked: checks === "checked", isOk: answer.status === 200, why: whyNot(answer) }];
  });
}

/** Whether a request succeeded. If some hosts verified the certificate, only these count. Undefined without a request. */
function anyOk(asks: readonly Ask[]): boolean | undefined {
  const checked = asks.filter(({ isChecked }) => isChecked);
  const relevant = checked.length > 0 ? checked : asks;
  return relevant.length === 0 ? undefined : relevant.some(({ isOk }) => isOk);
}

const reasons = (asks: readonly Ask[]) => listed([...new Set(asks.filter(({ isOk }) => !isOk).map(({ why }) => why))]);

function reachability(view: View, byName: Ask[], byAddress: Ask[]): Finding[] {
  const { fqdn, port, virtualIp } = view.plan;
  const { readyz } = view.fromHere;
  const answersHere = "status" in readyz && readyz.status === 200;
  const isOk = { name: anyOk(byName), address: anyOk(byAddress) };
  if (isOk.name === undefined) {
    const todo = "Check the endpoint from a client: kubectl get --raw /readyz.";
    return answersHere
      ? [{ level: "unknown", what: `no host reported on ${fqdn}:${port}; ${virtualIp} answers this machine`, todo }]
      : [
          {
            level: "unknown",
            what: `no host reported on ${fqdn}:${port}, and ${virtualIp} does not answer this machine`,
            todo,
          },
        ];
  }
  if (!isOk.name) {
    return [
      isOk.address === true
        ? {
            level: "down",
            what: `no API server answers at ${fqdn}:${port} (${reasons(byName)}), but one answers at ${virtualIp}`,
            todo: "Run `pulumi up --refresh`: it corrects the DNS record, and /etc/hosts of the nodes.",
          }
        : {
            level: "down",
            what: `no API server answers at ${fqdn}:${port} (${reasons(byName)}) or at ${virtualIp} (${reasons(byAddress)})`,
            todo: "See the lines below for the virtual IP, HAProxy, API servers and etcd, in this order.",
          },
    ];
  }
  if (isOk.address === false) {
    return [
      {
        level: "degraded",
        what: `no API server answers at the virtual IP ${virtualIp} (${reasons(byAddress)}), but one answers at the name`,
        todo: "See the lines of the virtual IP and of HAProxy. Until it is repaired, the name is not highly available.",
      },
    ];
  }
  const failed = byName.filter((ask) => !ask.isOk);
  return [
    ...failed.map(({ host, why }): Finding => ({
      level: "degraded",
      host,
      what: `${host} does not reach ${fqdn}:${port}: ${why}`,
      todo: "Check its name resolution and its route to the virtual IP. Other hosts reach the endpoint.",
    })),
    ...(answersHere
      ? []
      : [
          {
            level: "note",
            what: `/readyz at ${virtualIp}:${port} fails from this machine: ${"failure" in readyz ? readyz.failure : `status ${readyz.status}`}`,
            todo: "The hosts reach it. If this machine needs the cluster, check its route to the virtual IP.",
          } satisfies Finding,
        ]),
  ];
}

/** The name must resolve to the virtual IP, on the hosts and in DNS. */
function resolution(view: View): Finding[] {
  const { fqdn, virtualIp, nameServers } = view.plan;
  const { name } = view.fromHere;
  const isNode = ({ host }: Answered) => host.role === "master" || host.role === "worker";
  const wrong = answered(view).filter(({ facts }) => {
    const seen = fact(facts, "name-leads-to");
    return facts.has("name-leads-to") && seen !== virtualIp;
  });
  // nodes have the name in /etc/hosts; this machine and the other hosts ask DNS
  const resolves = answered(view).some(
    (reading) => !isNode(reading) && fact(reading.facts, "name-leads-to") === virtualIp,
  );
  const findings = wrong.map((reading): Finding => {
    const seen = fact(reading.facts, "name-leads-to");
    return {
      level: "degraded",
      host: reading.host.name,
      what: `${reading.host.name} resolves ${fqdn} to ${seen ?? "nothing"}, not to ${virtualIp}`,
      todo: isNode(reading)
        ? "Correct /etc/hosts there, or run `pulumi up --refresh`."
        : "Correct the DNS record, or the name servers of that host.",
    };
  });
  const asked = nameServers.length > 0 ? listed(nameServers) : "DNS on this machine";
  if ("failure" in name) {
    const what = `${asked} does not resolve ${fqdn}: ${name.failure}`;
    findings.push(
      nameServers.length === 0 && resolves
        ? { level: "note", what, todo: "The hosts resolve it. Clients that use this machine's name servers do not." }
        : { level: "degraded", what, todo: "Check the zone's name server. Nodes resolve the name by /etc/hosts." },
    );
  } else if (name.addresses.join() !== virtualIp) {
    findings.push({
      level: "degraded",
      what: `${asked} resolves ${fqdn} to ${listed(name.addresses)}, not to ${virtualIp}`,
      todo: "Run `pulumi up --refresh`: it sets the record to the virtual IP. A resolver may keep the old address for the TTL.",
    });
  }
  return findings;
}
