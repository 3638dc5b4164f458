/** An entry of a tar archive. */
export interface TarEntry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly isFile: boolean;
  /** To be read before the next entry, completely or not at all. */
  readonly content: AsyncIterable<Buffer>;
}

const block = 512;

/**
 * Reads a tar archive of GNU tar, entry by entry. Nothing is stored.
 *
 * @throws Error if the archive ends early or has another format
 * @see https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */
export async function* tarEntries(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const bytes = new Bytes(source);
  for (;;) {
    const header = Buffer.concat(await collected(bytes.take(block)));
    if (header.every((byte) => byte === 0)) {
      // the rest is padding; reading it lets the source check its end
      await skip(bytes.take(Infinity));
      return;
    }
    const size = sizeIn(header);
    const content = bytes.take(size);
    yield {
      name: textIn(header.subarray(0, 100)).replace(/^\.\//, ""),
      size,
      isFile: ["0", "\0"].includes(String.fromCharCode(header[156] ?? 0)),
      content,
    };
    await skip(content);
    await skip(bytes.take((block - (size % block)) % block));
  }
}

/** Gives the bytes of a source in portions. */
class Bytes {
  private readonly source: AsyncIterator<Uint8Array>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** The next `count` bytes, or all with Infinity. @throws Error if there are fewer */
  async *take(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.rest.length === 0) {
        const next: IteratorResult<Uint8Array, undefined> = await this.source.next();
        if (next.done === true) {
          if (left === Infinity) return;
          throw new Error("the archive ends early");
        }
        this.rest = Buffer.from(next.value);
        continue;
      }
      const given = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(given.length);
      left -= given.length;
      yield given;
    }
  }
}

async function skip(chunks: AsyncIterable<Buffer>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

async function collected(chunks: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

const textIn = (field: Buffer) => field.toString("latin1").replace(/\0.*$/s, "");

/** The size in octal digits, or from 8 GiB on as a binary number. */
function sizeIn(header: Buffer): number {
  const field = header.subarray(124, 136);
  const size =
    (field[0] ?? 0) === 0x80
      ? Number(field.readBigUInt64BE(4))
      : /^[0-7]+\s*$/.test(textIn(field))
        ? parseInt(textIn(field), 8)
        : NaN;
  if (!Number.isSafeInteger(size)) throw new Error("it is not a tar archive");
  return size;
}
