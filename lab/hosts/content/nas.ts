import type { Stack } from "../stack";
import type { HostContent } from "./host";
import { programContent, programJournalFolder, programSource, programStateFolder } from "./program";

/** nas: sends the lines of a QNAP NAS to the monitor. */
export async function nasContent(stack: Stack): Promise<HostContent> {
  const source = programSource("nas", "main.ts");
  if (source === undefined) {
    return { files: [], units: [] };
  }
  const config = {
    host: stack.monitor.address,
    port: stack.nasPort,
    day: true,
    stateFile: `${programStateFolder}/nas.json`,
    journalFile: `${programJournalFolder}/nas.jsonl`,
  };
  return programContent({ name: "nas", source, description: "stand-in for a QNAP NAS", config });
}
