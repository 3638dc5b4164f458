/** Properties of an OpenSSH private key that can be read without its passphrase. */
interface OpensshKey {
  /** The cipher with which it is encrypted; `none` if it has no passphrase. */
  readonly cipher: string;
  /** `ssh-ed25519`, `sk-ssh-ed25519@openssh.com`, … */
  readonly type: string;
}

const magic = "openssh-key-v1\0";

/**
 * Reads the base64 body of an OpenSSH private key; undefined if it is damaged.
 *
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function readOpensshKey(body: string): OpensshKey | undefined {
  const bytes = Buffer.from(body, "base64");
  if (bytes.toString("latin1", 0, magic.length) !== magic) {
    return undefined;
  }
  try {
    const file = new Fields(bytes.subarray(magic.length));
    const cipher = file.text();
    file.skip(); // name of the key derivation function
    file.skip(); // its options
    const keys = file.number();
    const type = new Fields(file.bytes()).text();
    const secret = file.bytes();
    return keys !== 1 || (cipher === "none" && !isWhole(secret, type)) ? undefined : { cipher, type };
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

/** Whether the private part is complete: it begins with the same number twice, then a key of the announced type. */
function isWhole(secret: Buffer, type: string): boolean {
  const fields = new Fields(secret);
  return fields.number() === fields.number() && fields.text() === type;
}

/** Reads the fields of SSH's binary format one after another. A read beyond the end throws a RangeError. */
class Fields {
  private at = 0;
  constructor(private readonly from: Buffer) {}

  number(): number {
    const value = this.from.readUInt32BE(this.at);
    this.at += 4;
    return value;
  }

  bytes(): Buffer {
    const length = this.number();
    const end = this.at + length;
    if (end > this.from.length) {
      throw new RangeError("the field is longer than what is left");
    }
    const value = this.from.subarray(this.at, end);
    this.at = end;
    return value;
  }

  text(): string {
    return this.bytes().toString("latin1");
  }

  skip(): void {
    this.bytes();
  }
}
