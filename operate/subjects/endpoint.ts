import { fact, webAnswer } from "../facts";
import { type Finding, listed, type Subject } from "../finding";
import { answered, type Answered, type View } from "../view";

/** One host's request to the endpoint. */
interface Ask {
  readonly host: string;
  /** The certificate was checked, as clients check it. */
  readonly isChecked: boolean;
  readonly isOk: boolean;
  readonly why: string;
}

/** Where a request leads: by the name, as the host resolves it, or by the virtual IP. */
type Way = "name" | "address";

/** Do clients reach an API server by the endpoint's name and by its address, and does the name lead to the address? */
export function endpoint(view: View): Subject {
  const { fqdn, port, virtualIp } = view.plan;
  const [byName, byAddress] = (["name", "address"] as const).map((way) => asksOf(view, way)) as [Ask[], Ask[]];
  const { fromHere } = view;
  const isOk = { name: anyOk(byName), address: anyOk(byAddress) };
  const findings = [...reachability(view, byName, byAddress), ...resolution(view)];
  return {
    name: "endpoint",
    summary: `${fqdn}:${port} leads to ${virtualIp}; /readyz answers ok by both`,
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

/** What curl's exit codes say. */
const failures: Readonly<Record<number, string>> = {
  0: "no answer",
  6: "the name does not resolve",
  7: "refused",
  28: "timed out",
  35: "no TLS",
  52: "no answer",
  56: "connection broken",
  58: "own certificate cannot be read",
  60: "the certificate is not accepted",
};

export function whyNot({ status, failure, body }: { status: number; failure: number; body: string }): string {
  if (status === 0) return failures[failure] ?? `failed (curl: ${failure})`;
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

/** Does it work for anybody? Where some check the certificate, these count. Undefined where nobody could ask. */
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
    const todo = "Look at the endpoint from a client: kubectl get --raw /readyz.";
    return answersHere
      ? [{ level: "unknown", what: `no host could ask ${fqdn}:${port}; ${virtualIp} answers from here`, todo }]
      : [
          {
            level: "unknown",
            what: `no host could ask ${fqdn}:${port}, and ${virtualIp} does not answer from here`,
            todo,
          },
        ];
  }
  if (!isOk.name) {
    return [
      isOk.address === true
        ? {
            level: "down",
            what: `no API server answers at ${fqdn}:${port} (${reasons(byName)}), though one does at ${virtualIp}`,
            todo: "Correct the name's DNS record and the hosts' name resolution; `pulumi up` writes both.",
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
        what: `no API server answers at the virtual IP ${virtualIp} (${reasons(byAddress)}), though one does by the name`,
        todo: "See the lines of the virtual IP and of HAProxy. Until then the name is not highly available.",
      },
    ];
  }
  const failed = byName.filter((ask) => !ask.isOk);
  return [
    ...failed.map(({ host, why }): Finding => ({
      level: "degraded",
      host,
      what: `${host} does not reach ${fqdn}:${port}: ${why}`,
      todo: "Look at its name resolution and its route to the virtual IP; other hosts reach it.",
    })),
    ...(answersHere
      ? []
      : [
          {
            level: "note",
            what: `${virtualIp}:${port} does not answer from this machine: ${"failure" in readyz ? readyz.failure : `status ${readyz.status}`}`,
            todo: "The hosts reach it. If this machine is to use the cluster, look at its route.",
          } satisfies Finding,
        ]),
  ];
}

/** Does the name lead to the virtual IP, on the hosts and by DNS? */
function resolution(view: View): Finding[] {
  const { fqdn, virtualIp, nameServers } = view.plan;
  const { name } = view.fromHere;
  const isNode = ({ host }: Answered) => host.role === "master" || host.role === "worker";
  const astray = answered(view).filter(({ facts }) => {
    const seen = fact(facts, "name-leads-to");
    return facts.has("name-leads-to") && seen !== virtualIp;
  });
  // DNS is what this machine and the hosts that are no nodes ask; nodes have a line in /etc/hosts
  const resolves = answered(view).some(
    (reading) => !isNode(reading) && fact(reading.facts, "name-leads-to") === virtualIp,
  );
  const findings = astray.map((reading): Finding => {
    const seen = fact(reading.facts, "name-leads-to");
    return {
      level: "degraded",
      host: reading.host.name,
      what: `${reading.host.name} resolves ${fqdn} to ${seen ?? "nothing"}, not to ${virtualIp}`,
      todo: isNode(reading)
        ? "Correct /etc/hosts there, or run `pulumi up`."
        : "Correct the DNS record, or the name servers of that host.",
    };
  });
  const asked = nameServers.length > 0 ? listed(nameServers) : "DNS, asked from here,";
  if ("failure" in name) {
    const what = `${asked} does not resolve ${fqdn}: ${name.failure}`;
    findings.push(
      nameServers.length === 0 && resolves
        ? { level: "note", what, todo: "The hosts resolve it. Clients that use this machine's name servers do not." }
        : { level: "degraded", what, todo: "Look at the zone's name server. Nodes resolve the name by /etc/hosts." },
    );
  } else if (name.addresses.join() !== virtualIp) {
    findings.push({
      level: "degraded",
      what: `${asked} resolves ${fqdn} to ${listed(name.addresses)}, not to ${virtualIp}`,
      todo: "Run `pulumi up`: it points the record at the virtual IP. A resolver may keep the old one for its TTL.",
    });
  }
  return findings;
}
