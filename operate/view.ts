import type { Clock } from "../host/facts";
import type { HostFacts } from "./facts";
import type { FromHere } from "./from-here";
import type { HostPlan, Plan } from "./plan";

/** What came of a host in one round. */
export type Reading =
  | { readonly host: HostPlan; readonly kind: "answered"; readonly facts: HostFacts; readonly clock?: Clock }
  /** `unreachable`: nobody answers; `failed`: somebody answers, but the script did not run to its end. */
  | { readonly host: HostPlan; readonly kind: "unreachable" | "failed"; readonly said: string };

/** Everything that one round has seen. The findings are pure functions of it. */
export interface View {
  readonly plan: Plan;
  readonly readings: readonly Reading[];
  readonly fromHere: FromHere;
  readonly now: Date;
}

/** A host that answered. */
export type Answered = Extract<Reading, { kind: "answered" }>;

/** The hosts of a role that answered. */
export function answered({ readings }: View, ...roles: readonly HostPlan["role"][]): Answered[] {
  return readings.filter(
    (reading): reading is Answered =>
      reading.kind === "answered" && (roles.length === 0 || roles.includes(reading.host.role)),
  );
}

export function hostsOf({ plan }: View, ...roles: readonly HostPlan["role"][]): HostPlan[] {
  return plan.hosts.filter(({ role }) => roles.includes(role));
}
