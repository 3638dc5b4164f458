import type { PackageRepository } from "./args";
import { minorOf } from "./minor";

/** A repository with its URL, exactly one of key and keyUrl, and a fingerprint without blanks. */
export interface CompleteRepository extends PackageRepository {
  readonly url: string;
}

/**
 * The key of all repositories at pkgs.k8s.io ("isv:kubernetes OBS Project"). When it was extended, it kept its
 * fingerprint.
 */
const officialKey = { host: "pkgs.k8s.io", fingerprint: "DE15B14486CD377B9E876E1A234654DA9A296436" };

/** The repository with the packages of a version: the given one, completed with the defaults. */
export function repositoryOf(version: string, given: PackageRepository = {}): CompleteRepository {
  const url = given.url ?? `https://${officialKey.host}/core:/stable:/v1.${minorOf(version)}/deb/`;
  const keyUrl = given.keyUrl ?? new URL("Release.key", url.endsWith("/") ? url : `${url}/`).href;
  const isOfficial = given.key === undefined && new URL(keyUrl).host === officialKey.host;
  const keyFingerprint = given.keyFingerprint ?? (isOfficial ? officialKey.fingerprint : undefined);
  return {
    url,
    ...(given.key === undefined ? { keyUrl } : { key: given.key }),
    ...(keyFingerprint === undefined ? {} : { keyFingerprint: keyFingerprint.replaceAll(" ", "").toUpperCase() }),
  };
}
