import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { shellQuote } from "../../host/shell";
import { auditPolicy } from "./audit-policy";
import type { ApiServerArgs } from "./static-pods";

/** Folder on the masters with the files below. It is mounted in the API server's pod, read-only. */
export const filesFolder = "/etc/kubernetes/kube-control";

/** A file that the API servers read. */
export interface ControlPlaneFile {
  /** Absolute path on the masters. */
  readonly path: string;
  readonly content: string;
}

/** The files that the API servers read, by purpose. */
export interface ControlPlaneFiles {
  readonly auditPolicy?: ControlPlaneFile;
  readonly authentication?: ControlPlaneFile;
  readonly admission?: ControlPlaneFile;
}

/** Reads the files of an API server's arguments. Expects arguments that refusals.ts has checked. */
export function controlPlaneFiles({ audit = {}, authentication, admission }: ApiServerArgs = {}): ControlPlaneFiles {
  const read = (path: string) => readFileSync(path, "utf8");
  return {
    ...(audit.enabled
      ? { auditPolicy: file("audit-policy", audit.policy === undefined ? auditPolicy : read(audit.policy)) }
      : {}),
    ...(authentication === undefined ? {} : { authentication: file("authentication", read(authentication)) }),
    ...(admission === undefined ? {} : { admission: file("admission", read(admission)) }),
  };
}

/**
 * A digest of the content is part of the name: another content is another file, so that it changes the API server's
 * manifest, and a master that still runs with the former configuration keeps the former file.
 */
function file(name: string, content: string): ControlPlaneFile {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 8);
  return { path: `${filesFolder}/${name}-${digest}.yaml`, content };
}

/** The files as a list, in a fixed order. */
export function listed({ auditPolicy: policy, authentication, admission }: ControlPlaneFiles): ControlPlaneFile[] {
  return [policy, authentication, admission].filter((one) => one !== undefined);
}

/**
 * Renders two bash functions: `control_plane_file_paths` prints the paths, a line each, and `write_control_plane_files`
 * writes the files. control-plane-files.sh has the functions that use them.
 */
export function controlPlaneFilesScript(files: ControlPlaneFiles): string {
  const all = listed(files);
  const paths = all.map(({ path }) => ` ${shellQuote(path)}`).join("");
  const writes = all.map(({ path, content }) => `  write_file ${shellQuote(path)} 0600 ${shellQuote(content)}\n`);
  return (
    `control_plane_file_paths() { ${all.length === 0 ? ":" : `printf '%s\\n'${paths}`}; }\n` +
    `write_control_plane_files() {\n  :\n${writes.join("")}}\n`
  );
}
