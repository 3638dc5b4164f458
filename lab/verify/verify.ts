import { until } from "../base/process";
import type { Report } from "../base/progress";
import { checkEtcd, checkNodes } from "./cluster";
import { checkEndpoint, checkLoadBalancers, checkHostsFiles, checkVirtualIp } from "./endpoint";
import type { Finding, Lab, CheckResult } from "./finding";
import { checkAgent, checkLogLine } from "./logs";
import { checkSystemPods } from "./system-pods";

/** What is looked at, by its name. */
const looks: Readonly<Record<string, (lab: Lab) => Promise<CheckResult>>> = {
  endpoint: checkEndpoint,
  "without DNS": checkHostsFiles,
  "virtual IP": checkVirtualIp,
  HAProxy: checkLoadBalancers,
  nodes: checkNodes,
  pods: checkSystemPods,
  etcd: checkEtcd,
  agent: checkAgent,
  "NAS line": checkLogLine,
};

/** A look that may fail: why it did is then what was seen. */
export async function look(what: string, see: () => Promise<CheckResult>): Promise<Finding> {
  try {
    return { what, ...(await see()) };
  } catch (error) {
    return { what, ok: false, seen: [(error as Error).message] };
  }
}

/**
 * Looks at everything that the program promises.
 *
 * @param patience seconds for which what is not as it should be is looked at again: a host that was just started takes some
 */
export async function verify(lab: Lab, report: Report, patience = 0): Promise<Finding[]> {
  let whole = 0;
  const all = Object.entries(looks);
  return Promise.all(
    all.map(async ([what, lookAt]) => {
      const finding = await until(
        () => look(what, () => lookAt(lab)),
        ({ ok }) => ok,
        { seconds: patience, every: 1 },
      );
      report(`${++whole} of ${all.length} looked at`);
      return finding;
    }),
  );
}
