import { z } from "zod";
import { defaults } from "../../components/haproxy-pair/defaults";
import * as field from "../fields";

const vrrp = "https://www.rfc-editor.org/rfc/rfc9568";
const keepalived = "https://www.keepalived.org/manpage.html";
// A keyword has the number of its section, because some keywords are in several sections.
const haproxyManual = (keyword: string) => `https://docs.haproxy.org/2.6/configuration.html#${keyword}`;

export const virtualIp = z
  .strictObject({
    address: field.address().meta({
      description: "The IPv4 address that moves between the load balancers: a free one, outside any DHCP range.",
      example: "192.168.2.140",
    }),
    prefixLength: field
      .wholeNumber(8, 30, `Set it to the prefix length of the load balancers' network, e.g. ${defaults.prefixLength}.`)
      .default(defaults.prefixLength)
      .meta({ description: "Prefix length of the load balancers' network." }),
    routerId: field
      .wholeNumber(1, 255, `Choose an id from 1 to 255, e.g. ${defaults.routerId}.`)
      .default(defaults.routerId)
      .meta({
        description:
          "VRRP's virtual router id. Another stack of the network may have the same one, because adverts are unicast.",
        source: vrrp,
      }),
    vrrpVersion: z
      .union([z.literal(2), z.literal(3)])
      .default(defaults.vrrpVersion)
      .meta({
        description: "VRRP's version. 3 has intervals below a second and no password; 2 needs `vrrpPassword`.",
        source: vrrp,
      }),
    advertInterval: z
      .number()
      .optional()
      .meta({
        description: "Time between adverts: hundredths of a second with version 3, whole seconds with version 2.",
        unit: "s",
        unset: `${defaults.advertInterval[3]}; ${defaults.advertInterval[2]} with version 2`,
        source: keepalived,
      }),
    preempt: z.boolean().default(defaults.preempt).meta({
      description: "The load balancer of the highest priority takes the virtual IP back when it returns.",
      source: keepalived,
    }),
  })
  .meta({ description: "The address that the load balancers share." });

export const haproxy = z
  .strictObject({
    statsSocket: field
      .text(
        (value) => /^\/[\w./-]{1,100}$/.test(value),
        "is not a path for a socket",
        `Set it to an absolute path of at most 100 characters, e.g. ${defaults.statsSocket}.`,
      )
      .default(defaults.statsSocket)
      .meta({
        description: "Path of the stats socket, which only root may open.",
        source: haproxyManual("3.1-stats%20socket"),
      }),
    connectTimeout: field
      .duration(defaults.connectTimeout)
      .default(defaults.connectTimeout)
      .meta({
        description: "How long an API server may take to accept a connection before another one is tried.",
        source: haproxyManual("4.2-timeout%20connect"),
      }),
    clientTimeout: field
      .duration(defaults.clientTimeout)
      .default(defaults.clientTimeout)
      .meta({
        description: "How long a client may send nothing. A watch may send nothing for hours.",
        source: haproxyManual("4.2-timeout%20client"),
      }),
    serverTimeout: field
      .duration(defaults.serverTimeout)
      .default(defaults.serverTimeout)
      .meta({
        description: "How long an API server may send nothing.",
        source: haproxyManual("4.2-timeout%20server"),
      }),
    checkInterval: field
      .duration(defaults.checkInterval)
      .default(defaults.checkInterval)
      .meta({
        description: "How often each API server is asked for `/readyz`.",
        source: haproxyManual("5.2-inter"),
      }),
    maxConnections: field
      .wholeNumber(
        100,
        32000,
        "Set it to at most 32000: each connection takes two of the 65536 file descriptors that HAProxy may open.",
      )
      .default(defaults.maxConnections)
      .meta({
        description: "Connections that each load balancer takes at once; further ones wait. Fewer need less memory.",
        source: haproxyManual("4.2-maxconn"),
      }),
    healthPort: field.port(defaults.healthPort).default(defaults.healthPort).meta({
      description: "TCP port on each load balancer's loopback where HAProxy tells which API servers are up.",
    }),
  })
  .prefault({})
  .meta({ description: "HAProxy's timeouts, socket and port." });
