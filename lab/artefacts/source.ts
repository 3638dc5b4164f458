import { existsSync } from "node:fs";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { isStopping } from "../base/process";
import type { Report } from "../base/progress";
import { type Artefact, folderOf, ensureArtefact } from "./artefact";

/** Official parts, or parts that the lab builds. */
export type Source = "official" | "build";

/**
 * Reads LAB_SOURCE. Undefined if it is not set: official parts if they can be downloaded, else built ones.
 *
 * @throws LabError for an unknown value
 */
export function requestedSource(text: string = process.env["LAB_SOURCE"] ?? ""): Source | undefined {
  if (text === "official" || text === "build") return text;
  if (text === "") return undefined;
  throw new LabError(
    `LAB_SOURCE=${text} is not a valid value`,
    "Use official or build. Without LAB_SOURCE the lab downloads the official parts if it can, and builds the others.",
  );
}

/** A part that the lab builds if the official one cannot be downloaded. */
export interface Offer {
  /** Its name in `the official … cannot be downloaded`. */
  readonly what: string;
  readonly official: Artefact;
  readonly built: readonly Artefact[];
}

/**
 * Returns the folder of an official part; downloads it if it is not in the cache. A failed download is not repeated at every
 * run: if the built part is in the cache, only LAB_SOURCE=official tries the download again.
 *
 * @returns undefined if the built part is to be used
 * @throws LabError if LAB_SOURCE=official and the download fails
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
    if (wanted === undefined) {
      // replaces the last line of the failed download
      report(`the official ${what} cannot be downloaded`);
      return undefined;
    }
    throw new LabError(
      `the official ${what} cannot be downloaded`,
      "Give this machine access to the server, or run the lab without LAB_SOURCE: it then builds this part.",
      error instanceof LabError ? `${error.message}\n${error.details ?? ""}` : String(error),
    );
  }
}
