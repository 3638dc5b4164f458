import { z } from "zod";
import * as field from "../fields";

const machine = z.strictObject({
  name: field
    .hostName()
    .meta({ description: "The machine's host name. For a node it is also the node's name in Kubernetes." }),
  address: field.address().meta({ description: "Its IPv4 address on the stack's network.", example: "192.168.2.151" }),
});

export const masters = z.array(machine).meta({
  description: "The control plane's nodes, an odd number. The first is initialised, the others join it.",
});

export const workers = z.array(machine).default([]).meta({
  description: "Nodes that run pods and nothing of the control plane.",
});

export const loadBalancers = z
  .array(
    machine.extend({
      priority: field
        .wholeNumber(1, 254, "Give each load balancer a priority of its own; 255 is kept for an address's owner.")
        .optional()
        .meta({
          description: "VRRP priority. The highest takes the virtual IP first.",
          unset: "250, 240, 230 … in the order of the list",
          source: "https://www.rfc-editor.org/rfc/rfc9568",
        }),
    }),
  )
  .meta({ description: "The machines that run HAProxy and Keepalived, two or more." });

/**
 * The default priority of a load balancer: 250, 240, 230 … in the order of the list. They are high, because a backup
 * with a lower priority waits longer before it takes the virtual IP.
 */
export function defaultPriority(index: number): number {
  return Math.max(1, 250 - 10 * index);
}

export const monitor = machine.meta({ description: "The machine that runs the Datadog agent." });
