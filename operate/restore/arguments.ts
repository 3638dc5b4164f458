import { commonOptions, readArguments, UsageError } from "../arguments";

export const usage = `usage: npm run restore -- --archive FILE --identity FILE [OPTION…]
       npm run restore -- --survivor NAME [OPTION…]
  --archive FILE     an archive of the backup, NODE-TIME.tar.age: prepares the masters to become the cluster that it contains
  --identity FILE    the identity of age that decrypts it
  --survivor NAME    the only master that still has etcd's data: it becomes the cluster, without an archive
  --stack NAME       the stack (default: the selected stack, else the lab's)
  --confirm FQDN     the control plane's name, instead of the question: what is named will be lost
exit codes: 0 done, run pulumi up next; 1 failed on a host; 2 refused: nothing was changed; 3 not confirmed: nothing was changed`;

/** From which data the cluster is restored. */
export type Source =
  | { readonly kind: "archive"; readonly archive: string; readonly identity: string }
  | { readonly kind: "survivor"; readonly survivor: string };

export interface RestoreOptions {
  readonly stack?: string;
  readonly confirm?: string;
  readonly help: boolean;
  /** Undefined with `help`. */
  readonly source?: Source;
}

/** @throws UsageError with the reason */
export function readRestoreOptions(args: readonly string[]): RestoreOptions {
  const { archive, identity, survivor, ...options } = readArguments(args, {
    ...commonOptions,
    archive: { type: "string" },
    identity: { type: "string" },
    survivor: { type: "string" },
    confirm: { type: "string" },
  });
  if (options.help) return options;
  if (survivor !== undefined) {
    if (archive !== undefined || identity !== undefined) {
      throw new UsageError("--survivor cannot be combined with --archive or --identity");
    }
    return { ...options, source: { kind: "survivor", survivor } };
  }
  if (archive === undefined || identity === undefined) {
    throw new UsageError("--archive and --identity are missing, or --survivor");
  }
  return { ...options, source: { kind: "archive", archive, identity } };
}
