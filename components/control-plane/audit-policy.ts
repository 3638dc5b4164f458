/**
 * The audit policy without one of the user's own: who did what, without the bodies of requests. It omits what happens
 * many times a second and changes nothing: health checks, leases, events, and reads of the control plane itself.
 *
 * @see https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
 */
export const auditPolicy = `# Written by kube-control, which overwrites changes.
apiVersion: audit.k8s.io/v1
kind: Policy
# one event a request, when it is complete
omitStages: [RequestReceived]
rules:
  # health checks of HAProxy, kubelet and the agent
  - level: None
    nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version", "/openapi*"]
  # renewed every few seconds by each node and by each leader
  - level: None
    resources:
      - group: coordination.k8s.io
        resources: [leases]
  - level: None
    resources:
      - group: ""
        resources: [events]
      - group: events.k8s.io
        resources: [events]
  # kubelets and the control plane read everything all the time; but who reads a Secret is recorded
  - level: Metadata
    resources:
      - group: ""
        resources: [secrets]
  - level: None
    userGroups: ["system:nodes"]
    verbs: [get, list, watch]
  - level: None
    users: ["system:kube-controller-manager", "system:kube-scheduler", "system:apiserver", "system:kube-proxy"]
    verbs: [get, list, watch]
  # never a body: it may hold a password or a token
  - level: Metadata
`;
