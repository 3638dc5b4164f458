import { existsSync } from "node:fs";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { isStopping } from "../base/process";
import type { Report } from "../base/progress";
import { type Artefact, folderOf, ensureArtefact } from "./artefact";

/** Upstream's own parts, or what the lab makes in their place. */
export type Source = "official" | "build";

/**
 * Reads LAB_SOURCE; undefined where it is not set: official where it can be had.
 *
 * @throws LabError for any other value
 */
export function requestedSource(text: string = process.env["LAB_SOURCE"] ?? ""): Source | undefined {
  if (text === "official" || text === "build") return text;
  if (text === "") return undefined;
  throw new LabError(
    `LAB_SOURCE: ${text} is not understood`,
    "Use official or build; without LAB_SOURCE the lab takes what is official where it can be had.",
  );
}

/** A part that the lab makes where the official one cannot be had. */
export interface Offer {
  /** As in `the official … cannot be had`. */
  readonly what: string;
  readonly official: Artefact;
  /** What the lab makes in its place. */
  readonly built: readonly Artefact[];
}

/**
 * The folder of an official part, downloaded first where the cache lacks it. A download that failed once is not tried at
 * every run: what was built then is used, until LAB_SOURCE=official asks again.
 *
 * @returns undefined where what is built is to be used
 * @throws LabError where LAB_SOURCE=official and the part cannot be had
 */
export async function ensureOfficial(
  place: Place,
  { what, official, built }: Offer,
  report: Report,
  wanted = requestedSource(),
): Promise<string | undefined> {
  const inCache = (artefact: Artefact) => existsSync(folderOf(place, artefact));
  if (wanted === "build" || (wanted === undefined && !inCache(official) && built.every(inCache))) {
    return undefined;
  }
  try {
    return await ensureArtefact(place, official, report);
  } catch (error) {
    if (isStopping()) throw error;
    if (wanted === undefined) return undefined;
    throw new LabError(
      `the official ${what} cannot be had`,
      "Let this machine reach it, or let the lab build instead: run it without LAB_SOURCE.",
      error instanceof LabError ? `${error.message}\n${error.details ?? ""}` : String(error),
    );
  }
}
