export * from "./dns-record";
export * from "./dns-swap";
