import { shellAssignments } from "../../host/shell";
import { surveyScript } from "../../host/survey";

/** What is set before survey.sh: nothing is looked for but what a test names. */
const nothing = {
  TCP_PORTS: "",
  UDP_PORTS: "",
  PACKAGES: "",
  APT_SOURCE: "",
  RESOLV_CONF: "",
  FQDN: "kube-control.example.com",
  VIRTUAL_IP: "",
  PEERS: "",
};

/** The text with which a host is looked at. */
export function surveyText(asked: Partial<typeof nothing> = {}): string {
  return `${shellAssignments({ ...nothing, ...asked })}${surveyScript}`;
}
