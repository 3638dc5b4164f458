import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Artefact } from "./artefact";
import { inContainer } from "./container";

const script = readFileSync(join(__dirname, "iptables-root.sh"), "utf8");

/** The iptables programs and their libraries, taken from the hosts' own base image. */
export function iptablesRoot(baseImage: string): Artefact {
  return {
    name: "iptables-root",
    from: [script, baseImage],
    make: (folder, report) => inContainer({ image: baseImage, script, out: folder, report }),
  };
}
