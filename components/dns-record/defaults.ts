/** What the record has where its arguments say nothing else. */
export const defaults = {
  /** Seconds. */
  ttl: 60,
  comment: "kube-control: API servers",
  rfc2136: {
    /** UDP and TCP port of a name server. */
    port: 53,
    keyAlgorithm: "hmac-sha256",
  },
} as const;
