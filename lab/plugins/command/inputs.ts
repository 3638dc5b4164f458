import {
  anything,
  choice,
  flag,
  integer,
  list,
  map,
  number,
  record,
  required,
  text,
  type Fields,
} from "../protocol/schema";
import type { Properties } from "../protocol/value";

/** What both kinds of command take. */
const phases: Fields = {
  create: text,
  update: text,
  delete: text,
  triggers: { ...list(anything), replaces: true },
  stdin: text,
  logging: choice("stdout", "stderr", "stdoutAndStderr", "none"),
  addPreviousOutputInEnv: flag,
};

const endpoint: Fields = {
  host: required(text),
  port: { ...number, fallback: 22 },
  user: { ...text, fallback: "root" },
  password: { ...text, secret: true },
  privateKey: { ...text, secret: true },
  privateKeyPassword: { ...text, secret: true },
  agentSocketPath: text,
  hostKey: text,
  dialErrorLimit: { ...integer, fallback: 10 },
  perDialTimeout: { ...integer, fallback: 15 },
};

export const remoteInputs: Fields = {
  ...phases,
  connection: { ...record({ ...endpoint, proxy: record(endpoint) }), required: true, secret: true },
  environment: {
    ...map(text),
    unsupported: "sshd takes only the variables that its AcceptEnv names; hand them over on stdin",
  },
};

export const localInputs: Fields = {
  ...phases,
  dir: text,
  environment: map(text),
  interpreter: list(text),
  archivePaths: { ...list(text), unsupported: "it returns no archives" },
  assetPaths: { ...list(text), unsupported: "it returns no assets" },
};

/** One end of an SSH connection, as the schema above has checked it. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly privateKey?: string;
  readonly privateKeyPassword?: string;
  readonly agentSocketPath?: string;
  /** Public key as known_hosts holds it; any key is taken where there is none. */
  readonly hostKey?: string;
  /** Failed dials before giving up; -1 never gives up. */
  readonly dialErrorLimit: number;
  /** Seconds; 0 is no limit. */
  readonly perDialTimeout: number;
}

export interface Connection extends Endpoint {
  readonly proxy?: Endpoint;
}

interface Phases {
  readonly create?: string;
  readonly update?: string;
  readonly delete?: string;
  readonly stdin?: string;
  readonly logging?: "stdout" | "stderr" | "stdoutAndStderr" | "none";
  readonly addPreviousOutputInEnv?: boolean;
  /** What the run before this one printed. */
  readonly stdout?: string;
  readonly stderr?: string;
}

export interface RemoteCommand extends Phases {
  readonly connection: Connection;
}

export interface LocalCommand extends Phases {
  readonly dir?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly interpreter?: readonly string[];
}

/** Checked properties as what they are. */
export const asRemote = (properties: Properties) => properties as unknown as RemoteCommand;
export const asLocal = (properties: Properties) => properties as unknown as LocalCommand;

/** The variables in which a command finds what its last run printed. */
export function previousOutput(command: Phases): Record<string, string> {
  if (command.addPreviousOutputInEnv === false) {
    return {};
  }
  return {
    ...(command.stdout ? { PULUMI_COMMAND_STDOUT: command.stdout } : {}),
    ...(command.stderr ? { PULUMI_COMMAND_STDERR: command.stderr } : {}),
  };
}
