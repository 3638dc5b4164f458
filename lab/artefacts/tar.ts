import { createReadStream, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** One entry of a tar archive; owner is root unless given. */
export interface TarEntry {
  /** Without a leading slash. */
  readonly path: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** The contents of a file. */
  readonly content?: string | Buffer;
  /** Or: the absolute path of a file that holds them. */
  readonly file?: string;
  /** Or: where a symbolic link points to. */
  readonly link?: string;
  /** Or: it is a folder. */
  readonly folder?: true;
}

const block = 512;
/** Bytes of a name, or of a link's target, that a header holds. */
const nameLength = 100;

/** The bytes of an archive: the same entries give the same bytes, whenever and wherever. */
export async function* tar(entries: readonly TarEntry[]): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    const content = entry.content === undefined ? undefined : Buffer.from(entry.content);
    const size = content?.length ?? (entry.file === undefined ? 0 : lstatSync(entry.file).size);
    yield* longText("L", entry.path);
    yield* longText("K", entry.link ?? "");
    yield header(entry, size);
    if (content !== undefined) {
      yield content;
    } else if (entry.file !== undefined) {
      yield* createReadStream(entry.file) as AsyncIterable<Buffer>;
    }
    yield Buffer.alloc((block - (size % block)) % block);
  }
  yield Buffer.alloc(2 * block);
}

export async function tarBuffer(entries: readonly TarEntry[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of tar(entries)) {
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The folders above a path, outermost first. */
export function foldersAbove(path: string): TarEntry[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => ({ path: names.slice(0, index + 1).join("/"), folder: true }));
}

/** A folder's tree as entries below `under`. */
export function treeEntries(folder: string, under = ""): TarEntry[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name): TarEntry[] => {
      const source = join(folder, name);
      const path = under === "" ? name : `${under}/${name}`;
      const stat = lstatSync(source);
      if (stat.isSymbolicLink()) return [{ path, link: readlinkSync(source) }];
      if (stat.isDirectory()) return [{ path, folder: true }, ...treeEntries(source, path)];
      return [{ path, file: source, mode: stat.mode & 0o7777 }];
    });
}

function header(entry: TarEntry, size: number, type?: string): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, offset: number, width: number) =>
    bytes.write(value.toString(8).padStart(width - 1, "0"), offset, "ascii");
  const text = (value: string, offset: number) => Buffer.from(value).copy(bytes, offset, 0, nameLength);
  const kind = type ?? (entry.folder ? "5" : entry.link === undefined ? "0" : "2");
  text(entry.folder ? `${entry.path}/` : entry.path, 0);
  octal(entry.mode ?? (entry.folder ? 0o755 : entry.link === undefined ? 0o644 : 0o777), 100, 8);
  octal(entry.uid ?? 0, 108, 8);
  octal(entry.gid ?? 0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  bytes.write("        ", 148);
  bytes.write(kind, 156);
  text(entry.link ?? "", 157);
  bytes.write("ustar  \0", 257, "latin1");
  octal(
    bytes.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  bytes.write("\0 ", 154, "latin1");
  return bytes;
}

/** GNU's way for what is over 100 bytes: an entry of type L (a name) or K (a link's target) before the entry itself. */
function* longText(type: "L" | "K", text: string): Generator<Buffer> {
  const content = Buffer.from(`${text}\0`);
  if (content.length - 1 <= nameLength) {
    return;
  }
  yield header({ path: "././@LongLink" }, content.length, type);
  yield content;
  yield Buffer.alloc((block - (content.length % block)) % block);
}
