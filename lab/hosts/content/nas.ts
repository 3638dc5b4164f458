import type { HostsPlan } from "../plan";
import type { HostContent } from "./host";
import { programContent, programJournalFolder, programStateFolder } from "./program";

/** nas: sends the lines of a QNAP NAS to the monitor. */
export function nasContent({ stack }: HostsPlan): Promise<HostContent> {
  const config = {
    host: stack.monitor.address,
    port: stack.nasPort,
    stateFile: `${programStateFolder}/nas.json`,
    journalFile: `${programJournalFolder}/nas.jsonl`,
  };
  return programContent({ name: "nas", source: "nas/main.ts", description: "stand-in for a QNAP NAS", config });
}
