/** The minor number of a version: 37 for `v1.37.2`. Undefined if the text is not a version of Kubernetes. */
export function minorOf(version: string | undefined): number | undefined {
  const minor = /^v1\.(\d+)\.\d+$/.exec(version ?? "")?.[1];
  return minor === undefined ? undefined : Number(minor);
}
