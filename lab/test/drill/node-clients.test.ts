import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { requestOf, requestsScript } from "../../drill/node-clients";
import { scratchFolder } from "../scratch";

/** Runs the script for one request. `kubectl` and `date` are the bodies of fakes, which count their calls in $count. */
function oneRequest(kubectl: string, date = "echo 1000") {
  const folder = scratchFolder();
  for (const [tool, body] of Object.entries({ kubectl, date })) {
    writeFileSync(join(folder, tool), `#!/bin/bash\necho >>"$0.count"; count=$(wc -l <"$0.count")\n${body}\n`, {
      mode: 0o755,
    });
  }
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"]}` };
  // the end of standard input ends the script after the first request
  const { stdout, status } = spawnSync("bash", ["-c", requestsScript("kube-control.example.com:6443")], {
    env,
    input: "",
    encoding: "utf8",
  });
  return {
    status,
    events: stdout
      .trim()
      .split("\n")
      .map((line) => requestOf("k8s-worker1", line)),
  };
}

test("a request by the name ends with the first try that succeeds", () => {
  const { status, events } = oneRequest('((count == 3)) || { echo "connection refused" >&2; exit 1; }; echo ok');
  expect([status, events]).toEqual([0, [{ kind: "node", subject: "k8s-worker1", at: 1000, took: 0, tries: 3 }]]);
});

test("a request uses the endpoint's name and kubelet's credentials", () => {
  const { events } = oneRequest('echo "$*" >&2; exit 1', "echo $((count * 4000))");
  expect(events[0]?.error).toBe(
    "--kubeconfig /etc/kubernetes/kubelet.conf --server https://kube-control.example.com:6443 get --raw /readyz",
  );
});

test("a request fails with the last error if no try succeeds within five seconds", () => {
  const { events } = oneRequest('echo "dial tcp: no such host" >&2; exit 1', "echo $((count * 2000))");
  expect(events).toEqual([
    { kind: "node", subject: "k8s-worker1", at: 2000, took: 8000, tries: 2, error: "dial tcp: no such host" },
  ]);
});

test("a line in another format is not a request", () => {
  expect(requestOf("k8s-worker1", "bash: warning")).toBeUndefined();
});
