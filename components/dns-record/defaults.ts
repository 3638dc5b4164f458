/** Defaults of the record's arguments. */
export const defaults = {
  /** Seconds for which resolvers may cache the record. */
  ttl: 60,
  comment: "kube-control: API servers",
  rfc2136: {
    /** UDP and TCP port of a name server. */
    port: 53,
    keyAlgorithm: "hmac-sha256",
  },
} as const;
