import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renewBefore } from "./certificate-validity";

const program = readFileSync(join(__dirname, "certificates-program.sh"), "utf8");

/**
 * Renders the program that renews a master's certificates and approves those of the kubelets.
 *
 * @param nodes all nodes of the cluster
 */
export function certificateProgram(
  nodes: readonly { readonly name: string; readonly address: string }[],
  validity?: string,
): string {
  return program
    .replace("@RENEW_BEFORE@", String(renewBefore(validity)))
    .replace("@NODES@", nodes.map(({ name, address }) => `${name} ${address}`).join("\n"));
}

/** The second of each minute at which a master's timer runs, as far apart as possible. */
export const secondOf = (index: number, masters: number) => String(Math.floor((60 * index) / masters)).padStart(2, "0");
