import { plainRefusal } from "./refusal";

const units: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 7 * 86400e3 };

/** A time of the search API: epoch milliseconds, ISO 8601, or date math such as `now-15m`. */
export function timeOf(text: string, now: number): number {
  const [, sign, count, unit] = /^now(?:([+-])(\d+)([smhdw]))?$/.exec(text) ?? [
    undefined,
    undefined,
    undefined,
    undefined,
  ];
  if (text === "now") {
    return now;
  }
  if (sign !== undefined) {
    return now + (sign === "-" ? -1 : 1) * Number(count) * (units[unit ?? ""] ?? 0);
  }
  const time = /^\d{10,}$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isFinite(time)) {
    throw plainRefusal(400, `invalid_argument(Time "${text}" is not epoch milliseconds, ISO 8601 or date math)`);
  }
  return time;
}
