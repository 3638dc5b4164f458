/** What a host does in the stack; the checks differ. */
export type Role = "master" | "worker" | "load balancer" | "monitor";

/** What is asked of a host. */
export interface Expectation {
  /** The host's name, as configured. */
  readonly name: string;
  /** The IPv4 address that it has to have. */
  readonly address: string;
  readonly roles: readonly Role[];
  /** TCP ports that will be used on it, and by which programs of ours. */
  readonly tcpPorts: Readonly<Record<number, readonly string[]>>;
  readonly udpPorts: Readonly<Record<number, readonly string[]>>;
  /** Packages that it needs, and the program of each: where that is there already, the package is not installed. */
  readonly packages: Readonly<Record<string, string>>;
  /** Base of the package source that will be written there. Default: none will be. */
  readonly aptSource?: string;
  /** The file that kubelet is told to take pods' name servers from. Default: kubeadm's choice. */
  readonly resolvConf?: string;
  /** The virtual IP that it is to share with others, and the addresses of these. */
  readonly shares?: { readonly virtualIp: string; readonly with: readonly string[] };
}

/** What survey.sh printed, by name. */
export type Facts = Readonly<Record<string, string>>;

/** A host's clock as seen from here. */
export interface Clock {
  readonly name: string;
  /** Milliseconds by which it is ahead of the clock here. */
  readonly ahead: number;
  /** Half the time that asking took: the error of the measurement. */
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
 * A host's clock by what it printed and when: it said `seconds` somewhere between two moments here, in milliseconds since
 * 1970. Undefined where what it printed is not a time.
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
  // it was somewhere within that second
  const [least, most] = [said - latest, said + 1000 - earliest];
  return { name, ahead: (least + most) / 2, uncertainty: (most - least) / 2 };
}
