import { fact, webAnswer } from "../facts";
import { type Finding, listed, type Subject, unknown } from "../finding";
import { answered, type View } from "../view";
import { whyNot } from "./endpoint";

/** `/readyz` of each API server, requested on its own host. */
export function apiServers(view: View): Subject {
  const all = answered(view, "master").map(({ host, facts }) => ({
    name: host.name,
    answer: webAnswer(fact(facts, "readyz")),
  }));
  const ready = all.filter(({ answer }) => answer?.status === 200).map(({ name }) => name);
  return {
    name: "API servers",
    summary: `${listed(ready)} ready`,
    findings: all.flatMap(({ name, answer }): Finding[] => {
      if (answer === undefined) return [unknown(name, "the state of its API server")];
      return answer.status === 200
        ? []
        : [
            {
              level: "degraded",
              host: name,
              what: `the API server of ${name} is not ready: ${whyNot(answer)}`,
              todo: "Check etcd and kubelet there: journalctl -u kubelet, crictl ps -a, /var/log/pods.",
            },
          ];
    }),
    facts: Object.fromEntries(
      all.map(({ name, answer }) => [name, answer === undefined ? null : { ready: answer.status === 200, ...answer }]),
    ),
  };
}
