import { X509Certificate } from "node:crypto";
import { authorityAlertBefore, durationText } from "../../components/control-plane/certificate-validity";
import { fact, type HostFacts, numberOf, rows } from "../facts";
import { type Finding, listed, type Subject, unknown } from "../finding";
import { answered, type View } from "../view";

interface Certificate {
  readonly file: string;
  readonly expires: string;
  /** Seconds left; negative if it has expired. */
  readonly seconds: number;
  /** Seconds for which it was issued. */
  readonly validity: number;
}

/** Part of its validity that a kubelet's certificate must have left. kubelet renews it when 10 to 30 % are left. */
const leastOfKubelet = 0.05;

/** What is left of each certificate on the nodes, and the result of the last renewal. */
export function certificates(view: View): Subject {
  const { certificateSeconds } = view.plan;
  const all = answered(view, "master", "worker").map(({ host, facts }) => {
    const files = rows(facts, "certificate").map(([file = "", der = ""]) => ({
      file,
      read: read(file, der, view.now),
    }));
    return {
      name: host.name,
      role: host.role,
      certificates: files.flatMap((one) => one.read ?? []),
      unreadable: files.filter((one) => one.read === undefined).map(({ file }) => file),
      renewal: renewalOf(facts),
    };
  });
  const seconds = all.flatMap((one) => one.certificates.map((certificate) => certificate.seconds));
  return {
    name: "certificates",
    summary:
      seconds.length === 0
        ? "none"
        : `${seconds.length}, the first expires in ${durationText(Math.max(0, Math.min(...seconds)))}`,
    findings: all.flatMap(({ name, role, certificates: of, unreadable, renewal }): Finding[] => {
      const least = role === "master" ? "/etc/kubernetes/pki/apiserver.crt" : "/var/lib/kubelet/pki";
      const isMissing = !of.some(({ file }) => file.startsWith(least));
      return [
        ...(isMissing ? [unknown(name, "the end of its certificates")] : []),
        ...unreadable.map((file): Finding => unknown(name, `a readable certificate in ${file}`)),
        ...expiring(name, of, certificateSeconds),
        ...(renewal === undefined || renewal.result === "success" ? [] : [failed(name, renewal)]),
      ];
    }),
    facts: Object.fromEntries(
      all.map(({ name, certificates: of }) => [
        name,
        of.map(({ file, expires, seconds: left }) => ({ file, expires, days: Math.floor(left / 86_400) })),
      ]),
    ),
  };
}

function read(file: string, der: string, now: Date): Certificate | undefined {
  try {
    const { validFrom, validTo } = new X509Certificate(Buffer.from(der, "base64"));
    const [begin, end] = [new Date(validFrom), new Date(validTo)];
    const seconds = Math.floor((end.getTime() - now.getTime()) / 1000);
    return { file, expires: end.toISOString(), seconds, validity: (end.getTime() - begin.getTime()) / 1000 };
  } catch {
    return undefined;
  }
}

interface Renewal {
  /** systemd's word: `success`, `exit-code`, `timeout`. */
  readonly result: string;
  readonly ended: string;
}

function renewalOf(facts: HostFacts): Renewal | undefined {
  const [result = "", time = ""] = (fact(facts, "certificate-renewal") ?? "").split(" ");
  const seconds = numberOf(time.replace(/^@/, ""));
  return result === "" || seconds === undefined
    ? undefined
    : { result, ended: new Date(seconds * 1000).toISOString().replace(/\.\d+/, "") };
}

function failed(host: string, { result, ended }: Renewal): Finding {
  return {
    level: "degraded",
    host,
    what: `the renewal of certificates on ${host} failed (${result}) at ${ended}`,
    todo: "Run journalctl -u kube-control-certificates -n 50 there. It runs again every minute.",
  };
}

/** Who renews a certificate, and what to do if it is not renewed in time. */
const renewers = {
  kubelet: "kubelet renews it automatically while it reaches the API server. Check journalctl -u kubelet there.",
  timer:
    "A timer renews them earlier. Check it there: systemctl status kube-control-certificates.timer, journalctl -u kube-control-certificates.",
  operator: "Nothing renews an authority: replace all of them (docs/operations.md, New certificate authorities).",
} as const;
type Renewer = keyof typeof renewers;

function renewerOf(file: string): Renewer {
  if (file.startsWith("/var/lib/kubelet/")) return "kubelet";
  return /\/pki\/(?:etcd\/|front-proxy-|signing-)?ca\.crt$/.test(file) ? "operator" : "timer";
}

function expiring(host: string, all: readonly Certificate[], ofTimer: number): Finding[] {
  const least = (renewer: Renewer, { validity }: Certificate) =>
    ({ kubelet: leastOfKubelet * validity, timer: ofTimer, operator: authorityAlertBefore })[renewer];
  return (Object.keys(renewers) as Renewer[]).flatMap((renewer): Finding[] => {
    const some = all
      .filter((one) => renewerOf(one.file) === renewer && one.seconds < least(renewer, one))
      .sort((one, other) => one.seconds - other.seconds);
    const [first] = some;
    if (first === undefined) return [];
    const names = listed(some.map(({ file }) => file.replace(/^\/etc\/kubernetes\//, "")));
    const when =
      first.seconds < 0 ? `expired ${durationText(-first.seconds)} ago` : `${durationText(first.seconds)} left`;
    return [
      {
        level: "degraded",
        host,
        what: `certificates of ${host}: ${when}: ${names}`,
        todo: renewers[renewer],
      },
    ];
  });
}
