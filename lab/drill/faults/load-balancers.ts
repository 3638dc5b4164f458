import { pause } from "../../base/process";
import { type Context, cut, type Fault, mend, powerOff, powerOn, reboot, shell } from "./fault";

const holder = (context: Context) => [context.holder];
const backup = (context: Context) => [context.backup];
const both = (context: Context) => [context.holder, context.backup];

/** Faults of the load balancers: their programs, their power, their cables. */
export const loadBalancerFaults: readonly Fault[] = [
  {
    name: "haproxy-killed",
    title: "HAProxy killed on the holder",
    targets: holder,
    inject: shell("systemctl kill --signal KILL haproxy"),
  },
  {
    name: "haproxy-stopped",
    title: "HAProxy stopped in order on the holder",
    targets: holder,
    inject: shell("systemctl stop haproxy"),
    recover: shell("systemctl start haproxy"),
  },
  {
    name: "haproxy-hung",
    title: "HAProxy hangs on the holder (SIGSTOP)",
    targets: holder,
    inject: shell("systemctl kill --signal STOP haproxy"),
    recover: shell("systemctl kill --signal CONT haproxy"),
    bound: 5000,
  },
  {
    name: "keepalived-killed",
    title: "Keepalived killed on the holder",
    targets: holder,
    inject: shell("systemctl kill --signal KILL keepalived"),
  },
  {
    name: "holder-killed",
    title: "The holder's host loses its power",
    targets: holder,
    inject: powerOff,
    recover: powerOn,
  },
  {
    name: "holder-paused",
    title: "The holder's host stands still and comes back",
    targets: holder,
    // a machine that stands still answers nothing; of a container, the kernel would go on answering
    inject: (context, targets) => Promise.all([cut(context, targets), context.hosts.freeze(...targets)]),
    recover: (context, targets) => Promise.all([mend(context, targets), context.hosts.thaw(...targets)]),
  },
  {
    name: "holder-cut",
    title: "The holder's network is cut, without a word",
    targets: holder,
    inject: cut,
    recover: mend,
  },
  {
    name: "vrrp-cut",
    title: "VRRP alone is cut between the load balancers",
    targets: both,
    inject: shell("iptables -I INPUT -p vrrp -j DROP; iptables -I OUTPUT -p vrrp -j DROP"),
    recover: shell("iptables -D INPUT -p vrrp -j DROP; iptables -D OUTPUT -p vrrp -j DROP"),
  },
  {
    name: "backup-killed",
    title: "The other load balancer's host loses its power",
    targets: backup,
    inject: powerOff,
    recover: powerOn,
  },
  {
    name: "fail-back",
    title: "A load balancer that was down returns",
    targets: holder,
    prepare: async (context, targets) => {
      await powerOff(context, targets);
      await pause(3);
    },
    inject: powerOn,
  },
  {
    name: "both-rebooted",
    title: "Both load balancers reboot at once",
    targets: both,
    inject: reboot,
    bound: 8000,
  },
];
