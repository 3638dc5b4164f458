import { pause } from "../../base/process";
import { type Context, cut, type Fault, fault, mend, powerOff, powerOn, reboot, shell } from "./fault";

const holder = (context: Context) => [context.holder];
const backup = (context: Context) => [context.backup];
const both = (context: Context) => [context.holder, context.backup];

/** Faults of the load balancers: their programs, their power, their cables. */
export const loadBalancerFaults: readonly Fault[] = [
  fault("haproxy-killed", "HAProxy killed on the holder", holder, shell("systemctl kill --signal KILL haproxy")),
  fault("haproxy-stopped", "HAProxy stopped in order on the holder", holder, shell("systemctl stop haproxy"), {
    recover: shell("systemctl start haproxy"),
  }),
  fault(
    "haproxy-hung",
    "HAProxy hangs on the holder (SIGSTOP)",
    holder,
    shell("systemctl kill --signal STOP haproxy"),
    { recover: shell("systemctl kill --signal CONT haproxy"), bound: 5000 },
  ),
  fault(
    "keepalived-killed",
    "Keepalived killed on the holder",
    holder,
    shell("systemctl kill --signal KILL keepalived"),
  ),
  fault("holder-killed", "The holder's host loses its power", holder, powerOff, { recover: powerOn }),
  fault(
    "holder-paused",
    "The holder's host stands still and comes back",
    holder,
    // a machine that stands still answers nothing; of a container, the kernel would go on answering
    (context, targets) => Promise.all([cut(context, targets), context.hosts.freeze(targets)]),
    { recover: (context, targets) => Promise.all([mend(context, targets), context.hosts.thaw(targets)]) },
  ),
  fault("holder-cut", "The holder's network is cut, without a word", holder, cut, { recover: mend }),
  fault(
    "vrrp-cut",
    "VRRP alone is cut between the load balancers",
    both,
    shell("iptables -I INPUT -p vrrp -j DROP; iptables -I OUTPUT -p vrrp -j DROP"),
    { recover: shell("iptables -D INPUT -p vrrp -j DROP; iptables -D OUTPUT -p vrrp -j DROP") },
  ),
  fault("backup-killed", "The other load balancer's host loses its power", backup, powerOff, { recover: powerOn }),
  fault("fail-back", "A load balancer that was down returns", holder, powerOn, {
    prepare: async (context, targets) => {
      await powerOff(context, targets);
      await pause(3);
    },
  }),
  fault("both-rebooted", "Both load balancers reboot at once", both, reboot, { bound: 8000 }),
];
