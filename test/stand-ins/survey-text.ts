import { shellAssignments } from "../../host/shell";
import { surveyScript } from "../../host/survey";

/** The variables of survey.sh, empty unless a test sets them. */
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

/** The script that surveys a host, with its variables. */
export function surveyText(asked: Partial<typeof nothing> = {}): string {
  return `${shellAssignments({ ...nothing, ...asked })}${surveyScript}`;
}
