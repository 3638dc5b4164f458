import { z } from "zod";
import { parseAddress, parseNetwork, formatNetwork } from "./addresses";
import { whyNoDomainName, whyNoHostName } from "./names";
import { isPath } from "./paths";
import { isPlaceholder } from "./placeholder";

/** What is wrong and what to do, as a refinement of zod carries it to the report. */
function refusal(what: string, remedy: string) {
  return { message: what, params: { remedy } };
}

/** A text that `isRight` accepts. */
export function text(isRight: (value: string) => boolean, what: string, remedy: string) {
  return explained((value) => (isRight(value) ? undefined : what), remedy);
}

/** A text whose mistake depends on the value: `why` returns what is wrong, or undefined. */
function explained(why: (value: string) => string | undefined, remedy: string) {
  return z.string().check((context) => {
    const what = why(context.value);
    if (what !== undefined) {
      const reason = isPlaceholder(context.value) ? "still holds a placeholder" : what;
      context.issues.push({ code: "custom", input: context.value, ...refusal(reason, remedy) });
    }
  });
}

export function wholeNumber(least: number, most: number, remedy: string) {
  return z
    .number()
    .refine(
      (value) => Number.isInteger(value) && value >= least && value <= most,
      refusal(`is not a whole number from ${least} to ${most}`, remedy),
    );
}

/** A value of one of several shapes, whose mistakes have one report. */
export function oneOfShapes<T extends z.ZodType>(shapes: T, what: string, remedy: string) {
  return z.custom<z.output<T>>((value) => shapes.safeParse(value).success, refusal(what, remedy));
}

/** A list that holds at least so many entries. */
export function atLeast<T extends z.ZodType>(count: number, entry: T, what: string, remedy: string) {
  return z.array(entry).refine((entries) => entries.length >= count, refusal(what, remedy));
}

export const port = () => wholeNumber(1, 65535, "Give a TCP or UDP port, e.g. 6443.");

export const address = () =>
  text(
    (value) => parseAddress(value) !== undefined,
    "is not an IPv4 address",
    "Give four numbers from 0 to 255, e.g. 192.168.2.151.",
  );

export const network = () =>
  explained((value) => {
    const parsed = parseNetwork(value);
    if (parsed === undefined) {
      return "is not an IPv4 subnet";
    }
    return parsed.written === parsed.first ? undefined : `is an address inside the subnet ${formatNetwork(parsed)}`;
  }, "Give the subnet's first address and its prefix length, e.g. 10.244.0.0/16.");

export const hostName = () =>
  explained(
    whyNoHostName,
    "Give the machine's short name in lower case: letters, digits, inner hyphens, e.g. k8s-master1.",
  );

export const domainName = (example: string) =>
  explained(whyNoDomainName, `Give a whole name in lower case, e.g. ${example}.`);

/**
 * Files get the text as it is given, and the parser forgives what it may not hold: it skips newlines and tabs, and takes blanks,
 * backslashes and other alphabets.
 */
const urlText = /^[A-Za-z0-9._~:/[\]@!$&()*+,;=%-]+$/;

function whyNoUrl(value: string): string | undefined {
  try {
    const url = new URL(value);
    if (!/^https?:$/.test(url.protocol) || url.hostname === "" || url.username !== "" || url.search !== "") {
      return "is not an http or https URL";
    }
    return urlText.test(value) ? undefined : "has a blank, a control character or another one that no URL may hold";
  } catch {
    return "is not an http or https URL";
  }
}

export const url = (example: string) =>
  explained(whyNoUrl, `Give scheme, host and path, without user, password, query or fragment, e.g. ${example}.`);

/** A time as HAProxy writes it. Its clock's longest is 24 days. */
export const duration = (example: string) =>
  explained((value) => {
    const [, amount, unit] = /^(\d+)(us|ms|s|m|h|d)$/.exec(value) ?? [];
    if (amount === undefined || unit === undefined) {
      return "is not a duration";
    }
    const seconds = Number(amount) * { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86400 }[unit as "s"];
    return seconds > 0 && seconds <= 24 * 86400 ? undefined : "is not a duration from 1us to 24d";
  }, `Give a whole number and one of us, ms, s, m, h, d, e.g. ${example}.`);

export const filePath = (example: string) => text(isPath, "is not a path", `Name a file, e.g. ${example}.`);

export const timeZone = () =>
  text(
    (value) => {
      try {
        return /^[A-Za-z]/.test(value) && new Intl.DateTimeFormat("en", { timeZone: value }).format(0) !== "";
      } catch {
        return false;
      }
    },
    "is not a known time zone",
    "Give a name of the IANA time zone database, e.g. UTC or Asia/Singapore.",
  );

/** A tag of Datadog's. */
export const tag = () =>
  text(
    (value) => value.length <= 200 && /^\p{Ll}[\p{Ll}\p{Nd}_\-:./]*[^:]$/u.test(value),
    "is not a legal tag",
    "Begin with a letter; then lower-case letters, digits and _ - : . /, at most 200 characters, e.g. env:prod.",
  );
