import { readFileSync } from "node:fs";
import { join } from "node:path";

const source = (file: string) => readFileSync(join(__dirname, file), "utf8");

/** The programs that the steps install on hosts. Each is one file. */
export const programs = {
  backup: `${source("run.sh")}\n${source("backup.sh")}`,
  receive: source("receive.sh"),
  upload: `${source("run.sh")}\n${source("upload.sh")}`,
};
