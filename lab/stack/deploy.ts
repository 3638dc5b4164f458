import type { EngineEvent } from "@pulumi/pulumi/automation";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { interrupted } from "../base/process";
import type { Report } from "../base/progress";
import type { Pulumi } from "../pulumi/pulumi";
import { clearPending } from "./pending";
import { removeStaleLocks } from "../pulumi/stale-lock";
import { labStack } from "./stack";

/**
 * Runs `pulumi up` on the lab's stack.
 *
 * @returns the changes, e.g. `32 created` or `nothing to change`
 * @throws LabError with the engine's error for each resource that failed
 */
export async function deploy(place: Place, pulumi: Pulumi, report: Report): Promise<string> {
  removeStaleLocks(place);
  const stack = await labStack(place, pulumi);
  await clearPending(stack);
  const watch = new UpdateWatch(report);
  const timer = setInterval(() => watch.tell(), 1000);
  try {
    const { summary } = await stack.up({
      onEvent: (event) => watch.see(event),
      color: "never",
      showSecrets: false,
      signal: interrupted,
    });
    const changes = Object.entries(summary.resourceChanges ?? {}).filter(([op]) => op !== "same");
    return changes.map(([op, count]) => `${count} ${op.replace(/e$/, "ed")}`).join(", ") || "nothing to change";
  } catch (error) {
    const said = watch.errors.length > 0 ? watch.errors.join("\n") : (error as Error).message;
    throw new LabError(
      "`pulumi up` failed",
      "Correct the cause, then run `npm run lab` again: it continues from here. A host's journal: `npm run lab -- logs HOST`.",
      said,
    );
  } finally {
    clearInterval(timer);
  }
}

/** Follows an update through the engine's events. */
export class UpdateWatch {
  /** The engine's errors, each with its resource. */
  readonly errors: string[] = [];
  private readonly running = new Map<string, number>();
  private done = 0;

  constructor(
    private readonly report: Report,
    private readonly now: () => number = Date.now,
  ) {}

  see(event: EngineEvent): void {
    const begun = event.resourcePreEvent?.metadata;
    if (begun !== undefined && begun.op !== "same") {
      this.running.set(begun.urn, this.now());
    }
    const ended = event.resOutputsEvent?.metadata ?? event.resOpFailedEvent?.metadata;
    if (ended !== undefined) {
      this.running.delete(ended.urn);
      this.done++;
    }
    const diagnostic = event.diagnosticEvent;
    if (diagnostic?.severity === "error" && diagnostic.ephemeral !== true) {
      const text = plain(diagnostic.message).trim();
      const about = diagnostic.urn === undefined || diagnostic.urn === "" ? "" : `${nameOf(diagnostic.urn)}: `;
      // the engine's last message only repeats that the update failed
      if (text !== "" && !/^(update|preview) failed$/.test(text)) this.errors.push(`${about}${text}`);
    }
  }

  /** Reports the running steps, the longest first, and how many resources are done. */
  tell(): void {
    // a component runs as long as its children do
    const steps = [...this.running].filter(([urn]) => !/^(kube-control:|pulumi:pulumi:Stack)/.test(typeOf(urn)));
    const shown = steps
      .slice(0, 4)
      .map(([urn, begin]) => `${nameOf(urn)} ${Math.round((this.now() - begin) / 1000)} s`);
    const more = steps.length > shown.length ? ` and ${steps.length - shown.length} more` : "";
    this.report(`${this.done} resources done${shown.length > 0 ? `; now ${shown.join(", ")}${more}` : ""}`);
  }
}

/** The name in a URN. */
export const nameOf = (urn: string) => urn.split("::").slice(3).join("::");
const typeOf = (urn: string) => (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
/** A message without the engine's colour tags. */
const plain = (text: string) => text.replaceAll(/<\{%[^%]*%\}>/g, "");
