/** A host's function in the stack. */
export type Role = "master" | "worker" | "load balancer" | "monitor";

/** What the survey checks on a host. */
export interface Expectation {
  /** The host's name, as configured. */
  readonly name: string;
  /** The IPv4 address that it must have. */
  readonly address: string;
  readonly roles: readonly Role[];
  /** TCP ports that the stack uses on it, and the stack's programs that may listen on each. */
  readonly tcpPorts: Readonly<Record<number, readonly string[]>>;
  readonly udpPorts: Readonly<Record<number, readonly string[]>>;
  /** Packages that it needs, and the program of each. If the program exists, the package is not installed. */
  readonly packages: Readonly<Record<string, string>>;
  /** URL of the package source that will be written there. @default none is written */
  readonly aptSource?: string;
  /** The file from which kubelet takes the pods' name servers. @default kubeadm's choice */
  readonly resolvConf?: string;
  /** The virtual IP that it shares with other load balancers, and their addresses. */
  readonly shares?: { readonly virtualIp: string; readonly with: readonly string[] };
}

/** The facts that survey.sh printed, by name. */
export type Facts = Readonly<Record<string, string>>;

/** A host's clock, compared with the clock of the operator's machine. */
export interface Clock {
  readonly name: string;
  /** Milliseconds by which the host's clock is ahead. */
  readonly ahead: number;
  /** Largest error of `ahead`, in milliseconds. */
  readonly uncertainty: number;
}

export function parseFacts(output: string): Facts {
  return Object.fromEntries(
    output
      .split("\n")
      .map((line) => /^([a-z0-9-]+) ?(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map((match) => [match[1] ?? "", (match[2] ?? "").trim()]),
  );
}

/**
 * The clock of a host that printed `seconds` (`date +%s`) between two times of the operator's machine, in milliseconds
 * since 1970. Undefined if the text is not a time.
 */
export function clockOf(
  name: string,
  seconds: string,
  [earliest, latest]: readonly [number, number],
): Clock | undefined {
  if (!/^[0-9]{9,11}$/.test(seconds)) {
    return undefined;
  }
  const said = Number(seconds) * 1000;
  // `date +%s` cuts fractions of a second
  const [least, most] = [said - latest, said + 1000 - earliest];
  return { name, ahead: (least + most) / 2, uncertainty: (most - least) / 2 };
}
