import { randomBytes } from "node:crypto";

/** A new resource's id: its name and eight random hexadecimal digits, as the official plugin makes it. */
export function identifier(name: string): string {
  return `${name}${randomBytes(4).toString("hex")}`;
}
