import type { NasConfig } from "../../nas/sender";
import type { HostsPlan } from "../plan";
import { programContent } from "./program";

/** nas: sends the lines of a QNAP NAS to the monitor. */
export const nasContent = ({ stack }: HostsPlan) =>
  programContent<NasConfig>({
    name: "nas",
    source: "nas/main.ts",
    description: "stand-in for a QNAP NAS",
    config: { host: stack.monitor.address, port: stack.nasPort },
  });
