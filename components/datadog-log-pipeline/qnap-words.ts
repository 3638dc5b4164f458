import type { ProcessorDefinition } from "../../grok/index";

/** The severities of syslog, from 0 to 7. Datadog's status remapper knows all of them. */
export const severities = ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];

/**
 * The actions of a QNAP NAS by which metrics are grouped. The sender of a line can choose any action and connection type, and
 * Datadog bills each value of a metric's tag. So the attributes for metrics are a known word or `other`.
 *
 * @see https://docs.qnap.com/nas-outdated/4.1/SMB/en/index.html?system_logs.htm
 */
const actions = [
  ...["Login Success", "Login Fail", "Logout", "Read", "Write", "Add", "Delete", "Rename", "Create Directory"],
  ...["Open", "Copy", "Move"],
];

/** Connection types, with their other spellings. */
const connectionTypes: readonly (readonly [string, ...string[]])[] = [
  ["SAMBA", "Samba"],
  ["FTP"],
  ["HTTP"],
  ["HTTPS"],
  ["HTTP/HTTPS"],
  ["NFS"],
  ["AFP"],
  ["TELNET", "Telnet"],
  ["SSH"],
  ["SSH/SFTP"],
  ["SFTP"],
  ["ISCSI", "iSCSI"],
];

const wordsOf = (attribute: string, words: readonly (readonly string[])[]): ProcessorDefinition => ({
  type: "category-processor",
  name: `Known words of ${attribute}`,
  target: `known_${attribute}`,
  categories: [
    ...words.map((spellings) => ({
      name: spellings[0] ?? "",
      filter: { query: `@${attribute}:(${spellings.map((word) => `"${word}"`).join(" OR ")})` },
    })),
    // Matches every line that the metrics count, so that none has a value that the sender chose.
    { name: "other", filter: { query: "@action:*" } },
  ],
});

/** `known_action` and `known_connection_type` of each line with an action. */
export const knownWords: readonly ProcessorDefinition[] = [
  wordsOf(
    "action",
    actions.map((word) => [word]),
  ),
  wordsOf("connection_type", connectionTypes),
];
