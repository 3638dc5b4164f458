/** A label of a host name by RFC 1123, in lower case, which Kubernetes requires in names of nodes. */
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether a text is an IPv4 address or a name to which ssh can connect. ssh cannot mistake it for an option. */
export function isDialled(text: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text);
}

/** Why a text is not a host name of one label; undefined if it is one. */
export function whyNoHostName(text: string): string | undefined {
  if (label.test(text)) {
    return undefined;
  }
  if (/[A-Z]/.test(text)) {
    return "is not a legal host name: it has capital letters";
  }
  if (text.includes(".")) {
    return "is not a legal host name: it has a dot";
  }
  return text.length > 63
    ? "is not a legal host name: it is longer than 63 characters"
    : "is not a legal host name (RFC 1123)";
}

/** Why a text is not a fully qualified domain name; undefined if it is one. */
export function whyNoDomainName(text: string): string | undefined {
  if (text.endsWith(".")) {
    return "ends with a dot";
  }
  const labels = text.split(".");
  if (labels.length < 2) {
    return "is a name of one label, which cannot be in a public or in-house zone";
  }
  if (text.length > 253) {
    return "is longer than 253 characters";
  }
  if (/[A-Z]/.test(text)) {
    return "has capital letters, which kubeadm refuses in the endpoint";
  }
  const bad = labels.find((part) => !label.test(part));
  if (bad !== undefined) {
    return `is not a legal domain name: its label ${JSON.stringify(bad)} is not letters, digits and inner hyphens (1–63)`;
  }
  return /^\d+$/.test(labels.at(-1) ?? "") ? "is not a legal domain name: its last label is a number" : undefined;
}

/** Whether a name is in a zone, or is the zone's own name. */
export function liesInZone(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}
