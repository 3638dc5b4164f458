import { defaults } from "./defaults";

/**
 * Placeholders that the host replaces: it alone knows the interface, and the password must not be in a preview's diff.
 */
export const placeholders = {
  /** The interface that carries the host's own address. */
  interface: "@INTERFACE@",
  /** The password of VRRP version 2. */
  password: "@VRRP_PASSWORD@",
} as const;

/**
 * Contains 0 while HAProxy serves, otherwise 1. systemd and haproxy-watch write it, and Keepalived watches it by
 * inotify.
 */
export const haproxyDownFile = "/run/haproxy.down";

/**
 * Contains 1 while this load balancer's HAProxy reaches no API server. Keepalived then prefers another load balancer.
 */
export const haproxyNoServersFile = "/run/haproxy.no-servers";

/**
 * The address that moves between the load balancers, and the VRRP router that moves it.
 *
 * @see https://www.keepalived.org/manpage.html
 */
export interface VirtualIp {
  /** IPv4 address. */
  readonly address: string;
  /** Prefix length of the network that the load balancers share. @default `defaults.prefixLength` */
  readonly prefixLength?: number;
  /**
   * VRRP's virtual router id, 1–255. Adverts are sent only to the peers, and accepted only from them.
   *
   * @default `defaults.routerId`
   */
  readonly routerId?: number;
  /**
   * VRRP's version, 2 or 3. Version 3 supports intervals below a second, and no password.
   *
   * @default `defaults.vrrpVersion`
   */
  readonly vrrpVersion?: number;
  /**
   * Seconds between adverts: whole seconds with version 2, hundredths of a second with version 3.
   *
   * @default `defaults.advertInterval` of the version
   */
  readonly advertInterval?: number;
  /**
   * Whether a load balancer of higher priority takes the virtual IP back, {@link preemptDelay} seconds after it has
   * returned. This closes the connections through the other one. Otherwise the holder keeps the virtual IP as long as
   * it serves.
   *
   * @default `defaults.preempt`
   */
  readonly preempt?: boolean;
}

/** A load balancer as a VRRP router. */
export interface Router {
  readonly name: string;
  readonly address: string;
  /** VRRP priority, 1–254. */
  readonly priority: number;
}

/** Seconds after which a router that has returned takes the virtual IP from one that serves. */
const preemptDelay = 5;

/** Default of the seconds between adverts. */
export function defaultAdvertInterval(vrrpVersion: number): number {
  return defaults.advertInterval[vrrpVersion === 2 ? 2 : 3];
}

/**
 * The complete `/etc/keepalived/keepalived.conf` of one load balancer, with {@link placeholders}. docs/failover.md
 * explains the values.
 */
export function renderKeepalived(virtualIp: VirtualIp, router: Router, peers: readonly Router[]): string {
  const version = virtualIp.vrrpVersion ?? defaults.vrrpVersion;
  const routerId = virtualIp.routerId ?? defaults.routerId;
  const authentication = `
    authentication {
        auth_type PASS
        auth_pass "${placeholders.password}"
    }`;
  return `# Written by kube-control, which overwrites changes.
global_defs {
    router_id ${router.name}
    vrrp_version ${version}
    vrrp_garp_master_repeat 3
    vrrp_garp_master_refresh 5
    vrrp_check_unicast_src
    # send adverts in time on a host with a high load
    vrrp_priority -20
    enable_script_security
}

# written by haproxy.service: 1 while HAProxy does not serve. Then Keepalived releases the virtual IP at once
track_file haproxy_down {
    file "${haproxyDownFile}"
    weight 0
    # without HAProxy there is no file after a boot, and a missing file counts as 0
    init_file 1
}

# written by haproxy-watch: 1 while HAProxy reaches no API server. Then any other load balancer is preferred
track_file haproxy_no_servers {
    file "${haproxyNoServersFile}"
    weight -100
}

vrrp_instance vrrp${routerId} {
    interface ${placeholders.interface}
    # with MASTER, a router that starts again would take the address before it hears the adverts of the holder
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
 * Why Keepalived cannot use a password; undefined if it can. VRRP sends eight bytes: Keepalived cuts a longer password
 * without a message, so that two different passwords could be treated as the same.
 */
export function whyUnfitPassword(password: string): string | undefined {
  if (password.length < 1 || password.length > 8) {
    return `has ${password.length} characters: VRRP takes 1 to 8, and Keepalived cuts a longer password without a message`;
  }
  return /^[!#-[\]-~]*$/.test(password) ? undefined : 'has a space, a " or \\, or a character outside ASCII';
}
