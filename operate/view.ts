import type { Clock } from "../host/facts";
import type { HostFacts } from "./facts";
import type { FromHere } from "./from-here";
import type { HostPlan, Plan } from "./plan";

/** The result of reading one host in a round. */
export type Reading =
  | { readonly host: HostPlan; readonly kind: "answered"; readonly facts: HostFacts; readonly clock?: Clock }
  /** `unreachable`: no answer. `failed`: the script did not run to its end, e.g. because the login was refused or ssh hung. */
  | { readonly host: HostPlan; readonly kind: "unreachable" | "failed"; readonly said: string };

/** All data of one round. The findings are pure functions of it. */
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
