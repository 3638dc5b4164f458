import { readFile } from "node:fs/promises";
import { Header, Pax } from "tar";

/** One entry of a tar archive. The default owner is root. */
export interface TarEntry {
  /** Without a leading slash. */
  readonly path: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** The content of a file. */
  readonly content?: string | Buffer;
  /** Or the absolute path of a file with the content. */
  readonly file?: string;
  /** Or the target of a symbolic link. */
  readonly link?: string;
  /** Or the entry is a folder. */
  readonly folder?: true;
}

const block = 512;

/** The bytes of an archive. The same entries always give the same bytes. */
export async function tarBuffer(entries: readonly TarEntry[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const content = entry.file === undefined ? Buffer.from(entry.content ?? "") : await readFile(entry.file);
    parts.push(head(entry, content.length), content, Buffer.alloc((block - (content.length % block)) % block));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function head({ path, mode, uid = 0, gid = 0, link, folder }: TarEntry, size: number): Buffer {
  const type = folder ? "Directory" : link === undefined ? "File" : "SymbolicLink";
  const header = new Header({
    path: folder ? `${path}/` : path,
    linkpath: link,
    type,
    mode: mode ?? (type === "File" ? 0o644 : 0o755),
    uid,
    gid,
    size,
    mtime: new Date(0),
  });
  const bytes = Buffer.alloc(block);
  // a name of more than 100 bytes, or not in ASCII, needs a Pax header first
  return header.encode(bytes) ? Buffer.concat([new Pax({ path: header.path, linkpath: link }).encode(), bytes]) : bytes;
}
