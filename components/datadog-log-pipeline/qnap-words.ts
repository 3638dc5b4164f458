import type { ProcessorDefinition } from "../../grok";

/** Severity names of syslog, from 0 on; Datadog's status remapper knows them all. */
export const severities = ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];

/**
 * The words of a QNAP NAS that metrics are grouped by. The sender of a line chooses its action and its connection type, and
 * Datadog bills each value of a metric's tag: so these attributes hold a known word, or `other`.
 *
 * @see https://docs.qnap.com/nas-outdated/4.1/SMB/en/index.html?system_logs.htm
 */
const actions = [
  ...["Login Success", "Login Fail", "Logout", "Read", "Write", "Add", "Delete", "Rename", "Create Directory"],
  ...["Open", "Copy", "Move"],
];

/** Several spellings of one. */
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
    // every line that a metric of actions counts, so that none keeps a value of its sender's
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
