import { pause } from "../../base/process";
import { type Fault, type Field, isCutOff, losesPower, onHost } from "./fault";

const holder = (field: Field) => field.holder;
const backup = (field: Field) => field.backup;

/** Faults of the load balancers: their programs, their power, their cables. */
export const loadBalancerFaults: readonly Fault[] = [
  {
    name: "haproxy-killed",
    title: "HAProxy killed on the holder",
    inject: onHost(holder, "systemctl kill --signal KILL haproxy"),
  },
  {
    name: "haproxy-stopped",
    title: "HAProxy stopped in order on the holder",
    inject: onHost(holder, "systemctl stop haproxy"),
    cure: async ({ hosts, holder }) => {
      await hosts.shell(holder, "systemctl start haproxy");
    },
  },
  {
    name: "haproxy-hung",
    title: "HAProxy hangs on the holder (SIGSTOP)",
    inject: onHost(holder, "systemctl kill --signal STOP haproxy"),
    cure: async ({ hosts, holder }) => {
      await hosts.shell(holder, "systemctl kill --signal CONT haproxy");
    },
    bound: 5000,
  },
  {
    name: "keepalived-killed",
    title: "Keepalived killed on the holder",
    inject: onHost(holder, "systemctl kill --signal KILL keepalived"),
  },
  losesPower("holder-killed", "The holder's host loses its power", holder),
  {
    name: "holder-paused",
    title: "The holder's host stands still and comes back",
    inject: async ({ hosts, holder }) => {
      // a machine that stands still answers nothing; of a container, the kernel would go on answering
      await Promise.all([hosts.cut(holder), hosts.freeze(holder)]);
      return holder;
    },
    cure: async ({ hosts, holder }) => {
      await Promise.all([hosts.mend(holder), hosts.thaw(holder)]);
    },
  },
  isCutOff("holder-cut", "The holder's network is cut, without a word", holder),
  {
    name: "vrrp-cut",
    title: "VRRP alone is cut between the load balancers",
    inject: async ({ hosts, holder, backup }) => {
      await onBoth(hosts, [holder, backup], "iptables -I INPUT -p vrrp -j DROP; iptables -I OUTPUT -p vrrp -j DROP");
      return `${holder}, ${backup}`;
    },
    cure: ({ hosts, holder, backup }) =>
      onBoth(hosts, [holder, backup], "iptables -D INPUT -p vrrp -j DROP; iptables -D OUTPUT -p vrrp -j DROP"),
  },
  losesPower("backup-killed", "The other load balancer's host loses its power", backup),
  {
    name: "fail-back",
    title: "A load balancer that was down returns",
    prepare: async ({ hosts, holder }) => {
      await hosts.kill(holder);
      await pause(3);
    },
    inject: async ({ hosts, holder }) => {
      await hosts.start(holder);
      return holder;
    },
  },
  {
    name: "both-rebooted",
    title: "Both load balancers reboot at once",
    inject: async ({ hosts, holder, backup }) => {
      await hosts.kill(holder, backup);
      await hosts.start(holder, backup);
      return `${holder}, ${backup}`;
    },
    bound: 8000,
  },
];

async function onBoth(hosts: Field["hosts"], both: readonly string[], script: string): Promise<void> {
  await Promise.all(both.map((host) => hosts.shell(host, script)));
}
