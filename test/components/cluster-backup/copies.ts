import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { programs } from "../../../components/cluster-backup/scripts";
import { bash, inRoot } from "./masters";

/** The folder of the copies, below the host's root. */
export const backups = "var/lib/kube-control/backups";

/** The bucket to which a host uploads. */
interface Bucket {
  /** The program's argument, with a slash at its end. */
  readonly url: string;
  /** Content of curl's configuration. */
  readonly credentials: string;
}

/** A folder that replaces the host of the copies, and tools that come before those of this machine. `remove` deletes it. */
export class Copies {
  readonly root = mkdtempSync(join(tmpdir(), "kube-control-upload-"));

  constructor(
    readonly bucket: Bucket,
    tools: Readonly<Record<string, string>>,
  ) {
    for (const folder of ["run", `${backups}/latest`, `${backups}/uploaded`])
      mkdirSync(join(this.root, folder), { recursive: true });
    for (const [name, body] of Object.entries(tools)) this.tool(name, body);
    this.write("var/lib/kube-control/backup-s3.conf", bucket.credentials);
  }

  tool(name: string, body: string): void {
    this.write(`bin/${name}`, `#!/bin/bash\n${body}\n`);
    chmodSync(join(this.root, "bin", name), 0o755);
  }
  write(path: string, text: string | Buffer = ""): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  /** A file's text; empty if there is none. */
  read(path: string): string {
    const file = join(this.root, path);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }
  remove(path = ""): void {
    rmSync(join(this.root, path), { recursive: true });
  }
  /** What the last run wrote for the status. */
  result(): Record<string, unknown> {
    return JSON.parse(this.read(`${backups}/upload.json`)) as Record<string, unknown>;
  }

  /** Stores a copy as receive.sh does, with the time of its name; returns the archive's name. */
  copy(node: string, hour: number, content?: Buffer): string {
    const two = String(hour).padStart(2, "0");
    const name = `${node}-20251105T${two}3000Z.tar.age`;
    const path = `${backups}/${node}/${name}`;
    this.write(path, content ?? `age-encryption.org/v1\n${name}\0\x01${"x".repeat(hour)}`);
    const time = new Date(`2025-11-05T${two}:30:00Z`);
    utimesSync(join(this.root, path), time, time);
    return name;
  }

  /** Runs the program for a bucket in the region eu-central-1. */
  upload(...more: string[]) {
    const { url } = this.bucket;
    const environment = { ROOT: this.root, URL: url };
    const text = inRoot(programs.upload, this.root);
    return bash(text, [url, "eu-central-1", ...more], environment, join(this.root, "bin"));
  }
}
