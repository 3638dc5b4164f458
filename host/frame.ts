import { UserError } from "./error";

const begin = "@kube-control begins";
const end = "@kube-control ends";

/**
 * The command line that runs a script from standard input as root, with any login shell. Two marks enclose the script's
 * output, because a start file of the login shell may print as well. Its text may lack a line end, so an empty line
 * comes before the first mark.
 */
export function framedCommand(phase: string): string {
  return (
    `sh -c 'echo; echo "${begin}"; $([ "$(id -u)" = 0 ] || echo sudo -n) bash -s -- ${phase}; ` +
    `s=$?; echo; echo "${end} $s"; exit $s'`
  );
}

/** The script's output between the marks; undefined if there is no end mark with the exit code 0. */
export function bodyOf(printed: string): string | undefined {
  const framed = new RegExp(`^${begin}\\n([^]*)^${end} 0$`, "m").exec(printed);
  return framed === null ? undefined : (framed[1] ?? "").trimEnd();
}

/**
 * Refuses the output of a step that has no end mark: the login shell did not run the script.
 *
 * @throws UserError that names the step and says what to do
 */
export function requireEndMark(printed: string, where: string): void {
  if (bodyOf(printed) === undefined) {
    throw new UserError(
      "the step did not run to its end, although SSH reported success",
      where,
      "The login shell of the SSH user there must run `sh -c 'COMMAND'`. Correct it (usermod --shell /bin/bash USER), then " +
        "run the step again: pulumi up --target-replace URN; `pulumi stack --show-urns` shows the URN.",
    );
  }
}
