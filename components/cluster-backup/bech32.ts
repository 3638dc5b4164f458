// Bech32, in which age writes its keys.
// https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki, https://github.com/C2SP/C2SP/blob/main/age.md

const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const checksumLength = 6;

/** The checksum's state after these groups of five bits. */
function polymod(groups: readonly number[]): number {
  return groups.reduce((sum, group) => {
    const shifted = ((sum & 0x1ffffff) << 5) ^ group;
    return generators.reduce((all, generator, bit) => (((sum >>> 25) >>> bit) & 1 ? all ^ generator : all), shifted);
  }, 1);
}

/** The prefix, as the checksum contains it. */
function expanded(prefix: string): number[] {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

/** Splits numbers of `from` bits into numbers of `to` bits. Zeros fill the last one. */
function regrouped(values: readonly number[], from: number, to: number): number[] {
  const bits = values.map((value) => value.toString(2).padStart(from, "0")).join("");
  return (bits.match(new RegExp(`.{1,${to}}`, "g")) ?? []).map((group) => parseInt(group.padEnd(to, "0"), 2));
}

/** The bytes of a text in lower case with this prefix; undefined if the checksum or a character is wrong. */
export function bech32Decode(prefix: string, text: string): number[] | undefined {
  if (!text.startsWith(`${prefix}1`)) return undefined;
  const groups = Array.from(text.slice(prefix.length + 1), (character) => alphabet.indexOf(character));
  if (groups.length < checksumLength || groups.includes(-1) || polymod([...expanded(prefix), ...groups]) !== 1) {
    return undefined;
  }
  const data = groups.slice(0, -checksumLength);
  return regrouped(data, 5, 8).slice(0, Math.floor((data.length * 5) / 8));
}

export function bech32Encode(prefix: string, bytes: Iterable<number>): string {
  const data = regrouped([...bytes], 8, 5);
  const sum = polymod([...expanded(prefix), ...data, ...Array<number>(checksumLength).fill(0)]) ^ 1;
  const checksum = Array.from({ length: checksumLength }, (_, index) => (sum >>> (5 * (5 - index))) & 31);
  return `${prefix}1${[...data, ...checksum].map((group) => alphabet.charAt(group)).join("")}`;
}
