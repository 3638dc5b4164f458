import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { absolutePath } from "../host/path";
import { whyUnreadable } from "../host/readable-file";
import type { Refusal } from "../host/refusal";
import { shellQuote } from "../host/shell";
import { keyOf } from "./mistakes";
import { readOpensshKey } from "./openssh-key";

// The command plugin (Go) reads the key, and OpenSSH reads it for this program and for the docker provider. A key is
// accepted only if all of them can read it. The oldest OpenSSH that must be able to read it is 8.9 (Ubuntu 22.04).

type Why = Omit<Refusal, "path">;

const make = "Make one with `ssh-keygen -t ed25519 -N '' -f FILE`, and name FILE, not FILE.pub.";

const damaged: Why = { what: "is a damaged private key", remedy: make };

const locked = (path: string): Why => ({
  what: "has a passphrase: the docker provider cannot pass it to ssh",
  remedy:
    `Load the key into an ssh agent (\`ssh-add ${shellQuote(path)}\`), remove ssh.privateKeyFile and set ` +
    `${keyOf(["ssh", "agent"])} to true. Or use a key without a passphrase. ${make}`,
});

/** Types that the command plugin reads from OpenSSH's format. */
const readable = ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];
const readableCurves = ["prime256v1", "secp384r1", "secp521r1"];

/** Why the text of the file at `path` is not a private key that works without a person; undefined if it is one. */
export function whyNoPrivateKey(text: string, path: string): Why | undefined {
  if (/^(ssh|ecdsa|sk)-\S+ AAAA/m.test(text) || /^-+ ?BEGIN (SSH2 |RSA )?PUBLIC KEY/m.test(text)) {
    return { what: "is the public half of a key", remedy: make };
  }
  if (text.startsWith("PuTTY-User-Key-File-")) {
    return {
      what: "is a key in PuTTY's format",
      remedy: `Run \`puttygen ${shellQuote(path)} -O private-openssh -o FILE\`, and name FILE.`,
    };
  }
  const [, kind, body] =
    /-----BEGIN ((?:[A-Z0-9]+ )*)PRIVATE KEY-----([\s\S]+)-----END \1PRIVATE KEY-----/.exec(text) ?? [];
  if (kind === undefined || body === undefined) {
    return { what: "is not a private key", remedy: make };
  }
  const [, first] = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text) ?? [];
  if (first !== `${kind}PRIVATE KEY`) {
    return {
      what: `has a block ${first} before the private key, and the command plugin reads the first block only`,
      remedy: "Remove that block from the file.",
    };
  }
  if (kind === "OPENSSH ") {
    return whyNotOpenssh(text, body, path);
  }
  if (kind === "ENCRYPTED " || /Proc-Type: 4,ENCRYPTED/.test(body)) {
    return locked(path);
  }
  if (text.startsWith("\ufeff") || !/^-----BEGIN /m.test(text) || !/^-----END /m.test(text)) {
    return notAtLineStart;
  }
  try {
    return whyNotPem(createPrivateKey(text));
  } catch {
    return damaged;
  }
}

const notAtLineStart: Why = {
  what: "has text before -----BEGIN or -----END in the same line (blanks or a byte order mark), so it cannot be read",
  remedy: "Remove this text from the file, or copy the key again.",
};

/** OpenSSH compares the first and the last line byte by byte, including their line ends. */
function whyNotOpenssh(text: string, body: string, path: string): Why | undefined {
  if (text.includes("\r")) {
    return {
      what: "has the line ends of Windows (CR LF), so ssh cannot read it",
      remedy: `Run \`sed -i 's/\\r$//' ${shellQuote(path)}\`.`,
    };
  }
  if (!text.startsWith("-----BEGIN ")) {
    return {
      what: "has something before -----BEGIN, so ssh cannot read it",
      remedy: "Remove this text from the file: the first line must begin with -----BEGIN.",
    };
  }
  if (/\n[ \t]+-----END /.test(text)) {
    return notAtLineStart;
  }
  if (text.endsWith("PRIVATE KEY-----")) {
    return {
      what: "has no line end after its last line, so ssh cannot read it",
      remedy: `Run \`echo >> ${shellQuote(path)}\`.`,
    };
  }
  if (!/^-----BEGIN OPENSSH PRIVATE KEY-----\n[^]*\n-----END OPENSSH PRIVATE KEY-----\n/.test(text)) {
    return {
      what: "has blanks after -----BEGIN … ----- or -----END … -----, so ssh cannot read it",
      remedy: "Remove them: both lines must end with -----.",
    };
  }
  const key = readOpensshKey(body);
  if (key === undefined) {
    return damaged;
  }
  return key.cipher === "none" || !readable.includes(key.type) ? whyNotType(key.type) : locked(path);
}

function whyNotType(type: string): Why | undefined {
  if (readable.includes(type)) {
    return undefined;
  }
  return type.startsWith("sk-")
    ? { what: "is a FIDO key: a person must touch its token at each login", remedy: make }
    : { what: `is a key of type ${type}, which the command plugin cannot read`, remedy: make };
}

function whyNotPem({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Why | undefined {
  switch (asymmetricKeyType) {
    case "rsa":
      return undefined;
    case "ec":
      return readableCurves.includes(asymmetricKeyDetails?.namedCurve ?? "")
        ? undefined
        : {
            what: `is a key on the curve ${asymmetricKeyDetails?.namedCurve ?? "unknown"}, which SSH does not have`,
            remedy: make,
          };
    case "ed25519":
      return { what: "is an Ed25519 key in PKCS #8: ssh reads this format only from version 9.6 on", remedy: make };
    default:
      return {
        what: `is a key of type ${asymmetricKeyType ?? "unknown"}, which the command plugin cannot read`,
        remedy: make,
      };
  }
}

/** Mistakes in the private key's file. */
export function checkPrivateKey(given: string): Refusal[] {
  const at = { path: ["ssh", "privateKeyFile"] };
  const file = absolutePath(given);
  const unreadable = whyUnreadable(file);
  if (unreadable !== undefined) {
    return [{ ...at, what: unreadable, remedy: make }];
  }
  const mistakes: Refusal[] = [];
  const { mode, uid } = statSync(file);
  // ssh checks the mode only of the user's own file: a file of another user may be readable by a group
  if ((mode & 0o077) !== 0 && uid === process.getuid?.()) {
    mistakes.push({
      ...at,
      what: `can be read by other users (mode ${(mode & 0o777).toString(8)}), so ssh refuses it`,
      remedy: `Run \`chmod 600 ${shellQuote(file)}\`.`,
    });
  }
  const why = whyNoPrivateKey(readFileSync(file, "utf8"), file);
  return why === undefined ? mistakes : [...mistakes, { ...at, ...why }];
}
