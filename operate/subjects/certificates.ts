import { X509Certificate } from "node:crypto";
import { rows } from "../facts";
import { type Finding, listed, type Subject, unknown } from "../finding";
import { answered, type View } from "../view";

interface Certificate {
  readonly file: string;
  readonly expires: string;
  /** Whole days left; negative if it has expired. */
  readonly days: number;
}

/** Days left below which the operator must act. */
const warnDays = 30;

/** Days left of each certificate on the nodes. */
export function certificates(view: View): Subject {
  const all = answered(view, "master", "worker").map(({ host, facts }) => ({
    name: host.name,
    role: host.role,
    certificates: rows(facts, "certificate").flatMap(([file = "", der = ""]) => read(file, der, view.now)),
    unreadable: rows(facts, "certificate").filter(([file = "", der = ""]) => read(file, der, view.now).length === 0),
  }));
  const days = all.flatMap((one) => one.certificates.map((certificate) => certificate.days));
  return {
    name: "certificates",
    summary: days.length === 0 ? "none" : `${days.length}, the first expires in ${Math.min(...days)} days`,
    findings: all.flatMap(({ name, role, certificates: of, unreadable }): Finding[] => {
      const least = role === "master" ? "/etc/kubernetes/pki/apiserver.crt" : "/var/lib/kubelet/pki";
      const isMissing = !of.some(({ file }) => file.startsWith(least));
      return [
        ...(isMissing ? [unknown(name, "the end of its certificates")] : []),
        ...unreadable.map(([file = ""]): Finding => unknown(name, `a readable certificate in ${file}`)),
        ...expiring(name, of),
      ];
    }),
    facts: Object.fromEntries(all.map(({ name, certificates: of }) => [name, of])),
  };
}

function read(file: string, der: string, now: Date): Certificate[] {
  try {
    const { validTo } = new X509Certificate(Buffer.from(der, "base64"));
    const end = new Date(validTo);
    return [{ file, expires: end.toISOString(), days: Math.floor((end.getTime() - now.getTime()) / 86_400_000) }];
  } catch {
    return [];
  }
}

/** kubelet renews its client certificate itself. The operator renews kubeadm's certificates. */
const byKubelet = (file: string) => file.startsWith("/var/lib/kubelet/");

function expiring(host: string, all: readonly Certificate[]): Finding[] {
  const soon = all.filter(({ days }) => days < warnDays);
  return [true, false].flatMap((ofKubelet): Finding[] => {
    const some = soon.filter(({ file }) => byKubelet(file) === ofKubelet).sort((one, other) => one.days - other.days);
    const [first] = some;
    if (first === undefined) return [];
    const names = listed(some.map(({ file }) => file.replace(/^\/etc\/kubernetes\//, "")));
    const when = first.days < 0 ? `expired ${-first.days} days ago` : `${first.days} days left`;
    return [
      {
        level: "degraded",
        host,
        what: `certificates of ${host}: ${when}: ${names}`,
        todo: ofKubelet
          ? "kubelet renews it automatically while it reaches the API server. Check journalctl -u kubelet there."
          : "Run kubeadm certs renew all there, and restart the control plane's pods: docs/operations.md.",
      },
    ];
  });
}
