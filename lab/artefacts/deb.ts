import { createWriteStream } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, gzipSync } from "node:zlib";
import { tar, tarBuffer, type TarEntry } from "./tar";

/** A Debian package. */
export interface Deb {
  readonly name: string;
  readonly version: string;
  readonly depends?: readonly string[];
  /** First line: synopsis; further lines: description. */
  readonly description: string;
  /** Configuration files: apt asks before it replaces changed ones. Absolute paths. */
  readonly configurationFiles?: readonly string[];
  readonly files: readonly TarEntry[];
  /** Maintainer scripts, e.g. `postinst`. */
  readonly scripts?: Readonly<Record<string, string>>;
}

export const debFileName = ({ name, version }: Deb) => `${name}_${version}_amd64.deb`;

export function controlFile(deb: Deb): string {
  return [
    `Package: ${deb.name}`,
    `Version: ${deb.version}`,
    "Architecture: amd64",
    "Maintainer: kube-control's lab <lab@localhost>",
    "Section: admin",
    "Priority: optional",
    ...(deb.depends === undefined || deb.depends.length === 0 ? [] : [`Depends: ${deb.depends.join(", ")}`]),
    `Description: ${deb.description.split("\n").join("\n ")}`,
    "",
  ].join("\n");
}

/** Writes the package file: an `ar` archive of the format's version, the control files and the data. */
export async function writeDeb(deb: Deb, file: string): Promise<void> {
  const control: TarEntry[] = [
    { path: "./control", content: controlFile(deb) },
    ...(deb.configurationFiles === undefined
      ? []
      : [{ path: "./conffiles", content: deb.configurationFiles.map((path) => `${path}\n`).join("") }]),
    ...Object.entries(deb.scripts ?? {}).map(([name, content]) => ({ path: `./${name}`, content, mode: 0o755 })),
  ];
  const dataFile = `${file}.data`;
  const entries = deb.files.map((entry) => ({ ...entry, path: `./${entry.path}` }));
  await pipeline(Readable.from(tar(entries)), createGzip({ level: 3 }), createWriteStream(dataFile));
  const members: readonly (readonly [string, Buffer])[] = [
    ["debian-binary", Buffer.from("2.0\n")],
    ["control.tar.gz", gzipSync(await tarBuffer(control))],
    ["data.tar.gz", await readFile(dataFile)],
  ];
  await rm(dataFile);
  await writeFile(
    file,
    Buffer.concat([Buffer.from("!<arch>\n"), ...members.flatMap(([name, data]) => member(name, data))]),
  );
}

function member(name: string, data: Buffer): Buffer[] {
  const head =
    name.padEnd(16) +
    "0".padEnd(12) +
    "0".padEnd(6) +
    "0".padEnd(6) +
    "100644".padEnd(8) +
    String(data.length).padEnd(10);
  return [Buffer.from(`${head}\`\n`), data, ...(data.length % 2 === 1 ? [Buffer.from("\n")] : [])];
}
