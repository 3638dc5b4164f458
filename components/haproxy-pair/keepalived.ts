import { defaults } from "./defaults";

/** What the host fills in, because nobody else knows it or may see it. */
export const placeholders = {
  /** The interface that carries the host's own address. */
  interface: "@INTERFACE@",
  /** The password of VRRP version 2. */
  password: "@VRRP_PASSWORD@",
} as const;

/** systemd writes 1 here the moment HAProxy ends and 0 when it serves; Keepalived is told by inotify. */
export const haproxyDownFile = "/run/haproxy.down";

/** 1 while this load balancer's HAProxy reaches no API server; the other one is preferred then. */
export const haproxyNoServersFile = "/run/haproxy.no-servers";

/** The address that moves between the load balancers, and the VRRP router that moves it. */
export interface VirtualIp {
  /** IPv4 address. */
  readonly address: string;
  /** Prefix length of the network that the load balancers share. @default `defaults.prefixLength` */
  readonly prefixLength?: number;
  /** VRRP's virtual router id, 1–255. Others on that network may have it too: adverts go to the peers alone. @default `defaults.routerId` */
  readonly routerId?: number;
  /** VRRP's version. Version 3 has adverts below a second, and no password. @default `defaults.vrrpVersion` */
  readonly vrrpVersion?: number;
  /** Seconds between adverts; whole ones with version 2. @default `defaults.advertInterval`, by the version */
  readonly advertInterval?: number;
  /**
   * Whether a load balancer of higher priority takes the virtual IP back, {@link preemptDelay} seconds after it has returned;
   * the connections through the other one end then. Without it, the address stays where it is as long as that one serves.
   * @default `defaults.preempt`
   */
  readonly preempt?: boolean;
}

/** One load balancer as VRRP sees it. */
export interface Router {
  readonly name: string;
  readonly address: string;
  /** VRRP priority, 1–254; the highest takes the virtual IP first, and with `preempt` whenever it can. */
  readonly priority: number;
}

/** Seconds before a router that came back takes the virtual IP from one that serves. */
const preemptDelay = 5;

/** Seconds between adverts where none are given. */
export function defaultAdvertInterval(vrrpVersion: number): number {
  return defaults.advertInterval[vrrpVersion === 2 ? 2 : 3];
}

/**
 * One load balancer's whole `/etc/keepalived/keepalived.conf`, but for what {@link placeholders} stand for. Each
 * value's reason is in docs/failover.md.
 */
export function renderKeepalived(virtualIp: VirtualIp, router: Router, peers: readonly Router[]): string {
  const version = virtualIp.vrrpVersion ?? defaults.vrrpVersion;
  const routerId = virtualIp.routerId ?? defaults.routerId;
  const authentication = `
    authentication {
        auth_type PASS
        auth_pass "${placeholders.password}"
    }`;
  return `# Written by kube-control; changed by hand, it is put back at the next change of the stack.
global_defs {
    router_id ${router.name}
    vrrp_version ${version}
    vrrp_garp_master_repeat 3
    vrrp_garp_master_refresh 5
    vrrp_check_unicast_src
    # adverts are not to starve on a loaded host
    vrrp_priority -20
    enable_script_security
}

# written by haproxy.service: 1 while HAProxy does not serve, and then the virtual IP leaves at once
track_file haproxy_down {
    file "${haproxyDownFile}"
    weight 0
    # after a boot without HAProxy there is no file, which would count as 0
    init_file 1
}

# written by haproxy-watch: with no API server in reach, any other load balancer is better
track_file haproxy_no_servers {
    file "${haproxyNoServersFile}"
    weight -100
}

vrrp_instance vrrp${routerId} {
    interface ${placeholders.interface}
    # with MASTER, a router that comes back would take the address before it has heard who holds it
    state BACKUP
    priority ${router.priority}
    ${virtualIp.preempt === true ? `preempt_delay ${preemptDelay}` : "nopreempt"}
    advert_int ${virtualIp.advertInterval ?? defaultAdvertInterval(version)}

    virtual_router_id ${routerId}
    unicast_src_ip ${router.address}
    unicast_peer {
${peers.map(({ address }) => `        ${address}\n`).join("")}    }
${version === 2 ? `${authentication}\n` : ""}
    track_file {
        haproxy_down
        haproxy_no_servers
    }

    virtual_ipaddress {
        ${virtualIp.address}/${virtualIp.prefixLength ?? defaults.prefixLength} dev ${placeholders.interface} label ${placeholders.interface}:1
    }
}
`;
}

/**
 * Why Keepalived could not take a password, or undefined where it can. VRRP sends eight bytes: Keepalived would cut a
 * longer one silently, and two different ones would pass for the same.
 */
export function whyUnfitPassword(password: string): string | undefined {
  if (password.length < 1 || password.length > 8) {
    return `has ${password.length} characters: VRRP takes 1 to 8, and Keepalived cuts a longer password without a message`;
  }
  return /^[!#-[\]-~]*$/.test(password) ? undefined : 'has a space, a " or \\, or a character outside ASCII';
}
