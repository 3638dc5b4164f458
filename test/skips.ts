/** Tests that may be skipped: the beginning of the full name, and the reason. Any other skipped test fails the run. */
const accepted: Readonly<Record<string, string>> = {
  "haproxy's own parser": "HAProxy is installed on the lab's hosts, where the end-to-end test runs the parser",
  "keepalived's own parser": "Keepalived is installed on the lab's hosts, where the end-to-end test runs the parser",
  "`npm run lab` builds the stack again": "npm run test:long runs it",
  "kubeadm's own checks": "npm run test:long runs them",
  "experimental cannot be fetched": "Debian's experimental packages cannot be installed at all times",
  "the page of grok serve: chromium is not installed":
    "Debian's chromium is not on every machine (apt-get install chromium)",
  "the packages, read by dpkg-deb (not on this machine": "Debian's tools are on the lab's machine only",
};

/** The skipped tests that are not accepted. */
export function unaccepted(skipped: readonly string[]): string[] {
  return skipped.filter((name) => !Object.keys(accepted).some((begin) => name.startsWith(begin)));
}
