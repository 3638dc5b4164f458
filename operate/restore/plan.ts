import { resolve } from "node:path";
import { cleanUp } from "../../host/clean-up";
import type { HostPlan } from "../plan";
import type { About } from "./archive";
import { isRead, type MasterState, type UnreadMaster } from "./masters";
import { Refusal } from "./refusal";

/** What a restore does on the masters. */
export interface Steps {
  /** The master that gets the files of the backup, or the survivor. */
  readonly first: MasterState;
  /** Masters that are reset. */
  readonly reset: readonly HostPlan[];
  /** Masters that do not answer. */
  readonly silent: readonly UnreadMaster[];
}

/** Bytes that stay free on a disk. */
const reserve = 512 * 1024 * 1024;

/** Seconds by which the clock of the first master may differ from this machine's. A restore takes longer. */
const clockTolerance = 60;

/**
 * The steps of a restore from an archive.
 *
 * @throws Refusal with every reason
 */
export function stepsFromArchive(masters: readonly (MasterState | UnreadMaster)[], { sizes }: About): Steps {
  refuseUnless(commonReasons(masters));
  const [first] = masters;
  if (first === undefined || !isRead(first)) {
    throw new Refusal(
      `${first?.host.name}: does not answer, and the first master of the list becomes the cluster. Repair it, or list a master that answers before it.`,
    );
  }
  const snapshot = sizes["etcd.db"] ?? 0;
  refuseUnless([
    ...wrongClock(first),
    // it arrives before the master is reset
    ...lackOfSpace(first, "/var/lib", first.freeBytes, snapshot + reserve),
    // the data that are made of it replace those of etcd
    ...lackOfSpace(first, "/var/lib/etcd", first.etcdFreeBytes + first.dataBytes, 2 * snapshot + reserve),
  ]);
  return stepsWith(first, masters);
}

/**
 * The steps of a restore from the data of a survivor.
 *
 * @throws Refusal with every reason
 */
export function stepsFromSurvivor(masters: readonly (MasterState | UnreadMaster)[], name: string): Steps {
  const survivor = masters.find(({ host }) => host.name === name);
  if (survivor === undefined) {
    throw new Refusal(
      `--survivor: ${name} is not a master of this stack: ${masters.map(({ host }) => host.name).join(", ")}.`,
    );
  }
  if (!isRead(survivor)) throw new Refusal(`${name}: ${survivor.said}. It must answer.`);
  refuseUnless(commonReasons(masters, survivor.isAlone ? survivor : undefined));
  if (survivor.state !== "member" || !survivor.hasData) {
    throw new Refusal(
      `${name}: has no data of this cluster's etcd. Name a master that has, or restore an archive (--archive).`,
    );
  }
  // the new data are made beside the former ones
  const needs = survivor.isAlone ? 0 : survivor.dataBytes + reserve;
  refuseUnless([...wrongClock(survivor), ...lackOfSpace(survivor, "/var/lib/etcd", survivor.etcdFreeBytes, needs)]);
  return stepsWith(survivor, masters);
}

/** The revision of the restored etcd is the time (components/control-plane/etcd-data.sh). */
function wrongClock({ host, secondsAhead }: MasterState): string[] {
  if (Math.abs(secondsAhead) <= clockTolerance) return [];
  const differs = `${Math.abs(secondsAhead)} s ${secondsAhead > 0 ? "ahead of" : "behind"} this machine's`;
  return [
    `${host.name}: its clock is ${differs}. etcd's new revision is made of the time, and kubelets wait if it is lower than the former one. ` +
      "Synchronise the clocks of both by NTP: timedatectl set-ntp true.",
  ];
}

function lackOfSpace({ host }: MasterState, folder: string, has: number, needs: number): string[] {
  const mib = (bytes: number) => Math.ceil(bytes / 1024 / 1024);
  return has < needs
    ? [`${host.name}: has ${mib(has)} MiB free in ${folder}, and the restore needs ${mib(needs)} MiB. Free some space.`]
    : [];
}

function stepsWith(first: MasterState, masters: readonly (MasterState | UnreadMaster)[]): Steps {
  const others = masters.filter((master) => master !== first);
  return {
    first,
    reset: others.flatMap((master) => (isRead(master) && master.state !== "clean" ? [master.host] : [])),
    silent: others.flatMap((master) => (isRead(master) ? [] : [master])),
  };
}

/**
 * Reasons of both kinds.
 *
 * @param done the survivor of a run that was interrupted later: it is its own cluster, which has a leader
 */
function commonReasons(masters: readonly (MasterState | UnreadMaster)[], done?: MasterState): string[] {
  const leaders = masters.flatMap((master) =>
    isRead(master) && master.hasLeader && master !== done && !isUnfinished(master) ? [master.host.name] : [],
  );
  return [
    ...masters.flatMap((master) => {
      const { name, address } = master.host;
      if (!isRead(master))
        return master.isSilent
          ? []
          : [`${name} (${address}): answers, and could not be read: ${master.said}. Repair that.`];
      return [
        ...(master.other === undefined ? [] : [`${name} (${address}): is ${master.other}. Correct the configuration.`]),
        ...(master.state === "foreign" && master.other === undefined
          ? [`${name} (${address}): has a Kubernetes node that kube-control did not set up.`]
          : []),
      ];
    }),
    ...(leaders.length === 0
      ? []
      : [
          `etcd has a leader (on ${leaders.join(", ")}), so the cluster is not lost: pulumi up joins lost masters again ` +
            "(docs/operations.md, Masters).",
        ]),
  ];
}

/** Whether `pulumi up` did not complete the cluster of an archive here. It is given up. */
const isUnfinished = ({ state }: MasterState) => state === "restored" || state === "begun";

function refuseUnless(reasons: readonly string[]): void {
  if (reasons.length > 0) throw new Refusal([...reasons, "Nothing was changed."].join("\n"));
}

/** Says what will be lost by a restore from an archive. */
export function lossesFromArchive({ first, reset, silent }: Steps, about: About, archive: string): string {
  const newer = [...(first.state === "clean" ? [] : [first.host]), ...reset];
  return [
    `${about.cluster} will be restored from ${resolve(archive)}:`,
    `  snapshot of ${about.time}, revision ${about.revision}, made by ${about.node}`,
    "",
    "What is lost:",
    `  everything that was written to the cluster after ${about.time}`,
    ...newer.map(({ name, address }) => `  the data of etcd, and the keys and certificates, on ${name} (${address})`),
    ...(newer.length > 0
      ? ["  If one of them has newer data, stop here: npm run restore -- --survivor NAME keeps the data of NAME."]
      : []),
    ...silentLines(silent),
    "",
  ].join("\n");
}

/** Says what will be lost by a restore from a survivor. */
export function lossesFromSurvivor({ first, reset, silent }: Steps): string {
  const { name, address } = first.host;
  return [
    `The data of etcd on ${name} (${address}) will be the cluster.`,
    "",
    "What is lost:",
    `  everything that was not yet written on ${name} when etcd lost its majority`,
    ...reset.map((host) => `  the data of etcd, and the keys and certificates, on ${host.name} (${host.address})`),
    ...silentLines(silent),
    "",
  ].join("\n");
}

function silentLines(silent: Steps["silent"]): string[] {
  return silent.length === 0
    ? []
    : [
        "",
        "These masters do not answer. Their data are given up. If one comes back, it must not reach the network before this",
        "command has been run on it, because it could continue the former cluster:",
        ...silent.map(({ host }) => `  ${host.name} (${host.address})`),
        `  ${cleanUp.master.remove}`,
      ];
}
