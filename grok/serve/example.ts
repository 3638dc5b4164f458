import { withDefaults } from "../pipeline/shape";
import type { Served } from "./results";

/** What the page shows without a file. */
export const EXAMPLE: Served = {
  pipeline: withDefaults({
    name: "Example",
    filter: { query: "service:door" },
    processors: [
      {
        type: "grok-parser",
        name: "Door parser",
        source: "message",
        grok: {
          match_rules: `opened %{time} %{word:user} opened %{notSpace:door}
alarm %{time} ALARM %{notSpace:door}: %{data:reason}
`,
          support_rules: `time %{date("yyyy-MM-dd HH:mm:ss"):date}
`,
        },
      },
      { type: "date-remapper", name: "Date", sources: ["date"] },
    ],
  }),
  tests: [],
  service: "door",
  lines: [
    "2026-11-24 07:30:00 anna opened front",
    "2026-11-24 07:31:00 ben closed back",
    "2026-11-24 07:32:00 ALARM back: held open for 60 s",
  ],
};
