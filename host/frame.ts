import { UserError } from "./error";

const begin = "@kube-control begins";
const end = "@kube-control ends";

/**
 * The command line that runs a script as root, whatever the user's login shell is. The text comes on standard input. What
 * the script prints is framed, so that what a start file of the login shell prints is not taken for it. That text may lack
 * the end of its line, so an empty line comes first.
 */
export function framedCommand(phase: string): string {
  return (
    `sh -c 'echo; echo "${begin}"; $([ "$(id -u)" = 0 ] || echo sudo -n) bash -s -- ${phase}; ` +
    `s=$?; echo; echo "${end} $s"; exit $s'`
  );
}

/** What the script printed, without what was printed before and after it; undefined where there is no end mark. */
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
