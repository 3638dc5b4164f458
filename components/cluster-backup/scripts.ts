import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The files as one text. */
const text = (...files: readonly string[]) =>
  files.map((file) => readFileSync(join(__dirname, file), "utf8")).join("\n");

/** The scripts of the steps. */
export const scripts = {
  key: text("files.sh", "key.sh"),
  master: text("files.sh", "master.sh"),
  removal: text("files.sh", "removal.sh"),
  copies: text("copies.sh"),
  copiesRemoval: text("copies-removal.sh"),
  uploads: text("upload-files.sh", "uploads.sh"),
  uploadsRemoval: text("upload-files.sh", "uploads-removal.sh"),
};

/** The programs that the steps install on hosts. Each is one file. */
export const programs = {
  backup: text("run.sh", "backup.sh"),
  receive: text("receive.sh"),
  upload: text("run.sh", "upload.sh"),
};
