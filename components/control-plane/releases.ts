import * as pulumi from "@pulumi/pulumi";
import { defaults } from "./defaults";
import { minorOf } from "./minor";

/**
 * The day (UTC) on which upstream ends the support of each minor version of Kubernetes.
 *
 * @see https://kubernetes.io/releases/patch-releases/
 */
export const endOfSupport: Readonly<Record<number, string>> = {
  34: "2026-10-27",
  35: "2027-02-28",
  36: "2027-06-28",
  37: "2027-10-28",
};

/** The minor versions that a new cluster may have. */
export const supportedMinors: readonly number[] = [35, 36, 37];

/** Why a new cluster cannot have a version, and what to do; empty if it can. */
export function versionFindings(version: string): string[] {
  const minor = minorOf(version) ?? 0;
  if (supportedMinors.includes(minor)) return [];
  const end = endOfSupport[minor];
  return [
    `kube-control:kubernetes.version: a new cluster is not built with ${version}` +
      `${end === undefined ? "" : `, whose support ended on ${end}`}. Supported are ${supported}: set ${defaults.version}.`,
  ];
}

/** A warning about the version that a stack runs; undefined if there is none. */
export function versionWarning(version: string, now = new Date()): string | undefined {
  const minor = minorOf(version) ?? 0;
  const end = endOfSupport[minor];
  const upgrade = `Upgrade the cluster: set it to the newest v1.${minor + 1}.`;
  if (end !== undefined && now.toISOString().slice(0, 10) > end) {
    return `kube-control:kubernetes.version: the support of v1.${minor} ended on ${end}. ${upgrade}`;
  }
  return supportedMinors.includes(minor)
    ? undefined
    : `kube-control:kubernetes.version: ${version} is not tested with this version of kube-control. Supported versions: ${supported}.`;
}

/** Logs {@link versionWarning} at preview and at up. */
export function warnOfVersion(version: string): void {
  const warning = versionWarning(version);
  if (warning !== undefined) void pulumi.log.warn(warning);
}

const supported = `v1.${supportedMinors[0]} to v1.${supportedMinors.at(-1)}`;
