import { z } from "zod";
import { parseAddress, parseNetwork, formatNetwork } from "./addresses";
import { whyNoDomainName, whyNoHostName } from "./names";
import { isPlaceholder, placeholderMistake } from "./placeholder";

/**
 * Parameters of a zod check: what is wrong, and what to do. `abort` is not set: it would skip the checks across
 * settings.
 */
function refusal(what: string, remedy: string) {
  return { message: what, params: { remedy } };
}

/** A text for which `isRight` returns true. */
export function text(isRight: (value: string) => boolean, what: string, remedy: string) {
  return explained((value) => (isRight(value) ? undefined : what), remedy);
}

/** A text whose mistake depends on the value: `why` returns what is wrong, or undefined. */
export function explained(why: (value: string) => string | undefined, remedy: string) {
  return z.string().check((context) => {
    const what = why(context.value);
    if (what !== undefined) {
      const reason = isPlaceholder(context.value) ? placeholderMistake : what;
      context.issues.push({ code: "custom", input: context.value, ...refusal(reason, remedy) });
    }
  });
}

export function wholeNumber(minimum: number, maximum: number, remedy: string) {
  return z
    .number()
    .refine(
      (value) => Number.isInteger(value) && value >= minimum && value <= maximum,
      refusal(`is not a whole number from ${minimum} to ${maximum}`, remedy),
    )
    .meta({ type: "integer", minimum, maximum });
}

/** A value of one of several shapes. Any mistake in it gives the same message. */
export function oneOfShapes<T extends z.ZodType>(shapes: T, what: string, remedy: string) {
  return z.custom<z.output<T>>((value) => shapes.safeParse(value).success, refusal(what, remedy));
}

/** A list that is not empty. */
export function someOf<T extends z.ZodType>(entry: T, what: string, remedy: string) {
  return z.array(entry).refine((entries) => entries.length > 0, refusal(what, remedy));
}

/** @param usual the port of the remedy's example */
export const port = (usual: number) => wholeNumber(1, 65535, `Set it to a port number, e.g. ${usual}.`);

export const address = () =>
  text(
    (value) => parseAddress(value) !== undefined,
    "is not an IPv4 address",
    "Set it to four numbers from 0 to 255, e.g. 192.168.2.151.",
  );

/** @param usual the network of the remedy's example */
export const network = (usual: string) =>
  explained((value) => {
    const parsed = parseNetwork(value);
    if (parsed === undefined) {
      return "is not an IPv4 subnet";
    }
    return parsed.written.toString() === parsed.first.toString()
      ? undefined
      : `is an address inside the subnet ${formatNetwork(parsed)}`;
  }, `Set it to the subnet's first address and its prefix length, e.g. ${usual}.`);

export const hostName = () =>
  explained(
    whyNoHostName,
    "Set it to the machine's short name in lower case: letters, digits, inner hyphens, e.g. k8s-master1.",
  ).meta({ example: "k8s-master1" });

export const domainName = (example: string) =>
  explained(whyNoDomainName, `Set it to a fully qualified name in lower case, e.g. ${example}.`).meta({ example });

/**
 * The characters that a URL may have. It is written to files unchanged, but the URL parser is lenient: it skips
 * newlines and tabs, and accepts blanks, backslashes and letters outside ASCII.
 */
const urlText = /^[A-Za-z0-9._~:/[\]@!$&()*+,;=%-]+$/;

function whyNoUrl(value: string): string | undefined {
  try {
    const url = new URL(value);
    if (!/^https?:$/.test(url.protocol) || url.hostname === "" || url.username !== "" || url.search !== "") {
      return "is not an http or https URL";
    }
    return urlText.test(value)
      ? undefined
      : "has a blank, a control character or another one that is not allowed in a URL";
  } catch {
    return "is not an http or https URL";
  }
}

export const url = (example: string) =>
  explained(
    whyNoUrl,
    `Set it to a URL of scheme, host and path, without user, password, query or fragment, e.g. ${example}.`,
  ).meta({
    example,
  });

/**
 * A time of HAProxy, of 24 days at most.
 *
 * @param usual the time of the remedy's example
 * @see https://docs.haproxy.org/2.6/configuration.html#2.5
 */
export const duration = (usual: string) =>
  explained((value) => {
    const [, amount, unit] = /^(\d+)(us|ms|s|m|h|d)$/.exec(value) ?? [];
    if (amount === undefined || unit === undefined) {
      return "is not a duration";
    }
    const seconds = Number(amount) * { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86400 }[unit as "s"];
    return seconds > 0 && seconds <= 24 * 86400 ? undefined : "is not a duration from 1us to 24d";
  }, `Set it to a whole number and one of us, ms, s, m, h, d, e.g. ${usual}.`).meta({ unit: "us, ms, s, m, h or d" });

/** Control characters are refused. Blanks are allowed, except in a text of blanks only. */
const isPath = (value: string) => value.trim() !== "" && !/\p{Cc}/u.test(value);

export const filePath = (example: string) =>
  text(isPath, "is not a path", `Name a file, e.g. ${example}.`).meta({ example });

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
    "Set it to a name of the IANA time zone database, e.g. UTC or Asia/Singapore.",
  ).meta({ example: "Asia/Singapore" });

/** A Datadog tag. */
export const tag = () =>
  text(
    (value) => value.length <= 200 && /^\p{Ll}[\p{Ll}\p{Nd}_\-:./]*[^:]$/u.test(value),
    "is not a legal tag",
    "Begin with a letter; then lower-case letters, digits and _ - : . /, at most 200 characters, e.g. env:prod.",
  ).meta({ example: "env:prod" });
