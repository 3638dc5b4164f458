import { defaults } from "./defaults";

const seconds = { m: 60, h: 3600 } as const;

/** The validity of a certificate in seconds. Expects a duration that refusals.ts has checked. */
function validitySeconds(validity: string = defaults.certificateValidity): number {
  const [, amount, unit] = /^(\d+)([mh])$/.exec(validity) ?? [];
  return Number(amount) * seconds[unit as "m" | "h"];
}

/** Whether a text is a validity that renewal can work with: the timer runs every minute, and the authority is valid for ten years. */
export const isValidity = (text: string) =>
  /^[1-9]\d{0,6}[mh]$/.test(text) && validitySeconds(text) >= 1800 && validitySeconds(text) <= 87_600 * 3600;

/** A third of the validity: a certificate with less left is renewed. */
export const renewBefore = (validity?: string) => Math.floor(validitySeconds(validity) / 3);

/** A little less: the stack's kubeconfig is read again when the masters have renewed it. 120 days of a year. */
export const kubeconfigBefore = (validity?: string) => Math.floor((validitySeconds(validity) * 120) / 365);

/** A quarter of the validity: a certificate with less left was not renewed in time. */
export const alertBefore = (validity?: string) => Math.floor(validitySeconds(validity) / 4);

/** Seconds before the end of a certificate authority at which somebody must replace it: the procedure takes days. */
export const authorityAlertBefore = 180 * 86_400;

/** A time in seconds as a text, in the largest unit of which it has at least two: `91 days`, `7 minutes`. */
export function durationText(time: number): string {
  const units = { days: 86_400, hours: 3600, minutes: 60 };
  const [unit, size] = Object.entries(units).find(([, length]) => time >= 2 * length) ?? ["seconds", 1];
  return `${Math.floor(time / size)} ${unit}`;
}
