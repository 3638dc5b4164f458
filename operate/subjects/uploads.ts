import { z } from "zod";
import type { Finding } from "../finding";
import type { BackupPlan } from "../plan";
import { answered, type View } from "../view";
import { journalOf, timedUnit, timedUnitFindings } from "./timed-unit";

/** What a run writes into upload.json (components/cluster-backup/upload.sh). */
const lastShape = z.object({
  time: z.string().max(40),
  result: z.enum(["ok", "failed"]),
  archives: z.number(),
  stored: z.number(),
  message: z.string().max(1000),
});

const unit = "kube-control-backup-upload";

/** The uploads of the copies to a bucket: findings, and facts for `--json`. Without a bucket, both are empty. */
export function uploads(view: View, { bucket, copyTo }: BackupPlan): { findings: Finding[]; facts: object } {
  const host = answered(view).find((reading) => reading.host.name === copyTo);
  if (bucket === undefined || host === undefined) return { findings: [], facts: {} };
  const seen = timedUnit(host.facts, "upload", lastShape);
  const named = { host: copyTo, noun: "uploads", run: `upload to ${bucket}`, unit };
  const findings = timedUnitFindings(named, seen);
  const isNew = findings.length === 0 && seen.last === undefined && seen.state !== "activating";
  const never: Finding = {
    level: "degraded",
    host: copyTo,
    what: `${copyTo} has not uploaded to ${bucket} yet`,
    todo: journalOf(unit),
  };
  return { findings: isNew ? [never] : findings, facts: { bucket, upload: seen.last ?? null } };
}
