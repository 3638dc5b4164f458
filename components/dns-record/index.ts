export type { CloudflareArgs, DnsRecordArgs, Rfc2136Args } from "./args";
export { DnsRecord } from "./dns-record";
export { DnsSwap, type DnsSwapArgs } from "./dns-swap";
