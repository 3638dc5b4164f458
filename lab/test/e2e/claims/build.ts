import { addresses, lab, loadBalancers, masters, onHost, pulumi, recordWrites, virtualIp } from "../driver";
import { kubectl } from "../kubectl";

/** Builds the lab and the stack, up to a cluster behind its name. */
export function build(): void {
  describe("the build", () => {
    test("one command creates the lab and builds the stack", async () => {
      // remove what an earlier run may have left
      expect((await lab(["down"], 300)).code).toBe(0);
      const { code } = await lab([]);
      expect(code).toBe(0);
    }, 2_700_000);

    test("right after it, a preview expects no changes", async () => {
      const { code, stdout, stderr } = await pulumi(["preview", "--expect-no-changes", "--non-interactive"]);
      expect(`${stdout}${stderr}`).not.toMatch(/error:/);
      expect(code).toBe(0);
    });

    test("the record points at master1 before kubeadm init, at the virtual IP after the last join", async () => {
      const calls = await recordWrites();
      expect(calls.map(({ method, content, status }) => [method, content, status])).toEqual([
        ["POST", addresses["k8s-master1"], 200],
        ["PATCH", virtualIp, 200],
      ]);
      const [created, swapped] = calls.map((call) => Date.parse(call.time));
      // kubeadm writes these files once: at the start of init, and at the end of a join
      const initBegan = Number(await onHost("k8s-master1", "stat -c %W /etc/kubernetes/pki/ca.crt")) * 1000;
      const lastJoined = Math.max(
        ...(await Promise.all(
          masters.map(async (host) => Number(await onHost(host, "stat -c %Y /etc/kubernetes/kubelet.conf")) * 1000),
        )),
      );
      expect(created).toBeLessThan(initBegan + 1000);
      expect(swapped).toBeGreaterThan(lastJoined);
    });

    test("the name resolves to the virtual IP on every host", async () => {
      for (const host of [...masters, ...loadBalancers, "monitor"] as const) {
        expect((await onHost(host, "getent ahostsv4 kube-control.kacangisnuts.com")).split(" ")[0]).toBe(virtualIp);
      }
    });

    test("the nodes resolve the name without DNS too", async () => {
      for (const host of masters) {
        const said = await onHost(host, "getent -s hosts:files ahostsv4 kube-control.kacangisnuts.com");
        expect([host, said.split(" ")[0]]).toEqual([host, virtualIp]);
      }
    });

    test("kubectl through the name shows three Ready nodes", async () => {
      const nodes = JSON.parse(await kubectl(["get", "nodes", "-o", "json"])) as {
        items: { metadata: { name: string }; status: { conditions: { type: string; status: string }[] } }[];
      };
      const ready = nodes.items
        .filter((node) => node.status.conditions.some((c) => c.type === "Ready" && c.status === "True"))
        .map((node) => node.metadata.name);
      expect(ready.sort()).toEqual([...masters]);
    });

    test("etcd has three started voters", async () => {
      const members = JSON.parse(
        await kubectl([
          ..."-n kube-system exec etcd-k8s-master1 -- etcdctl --cacert /etc/kubernetes/pki/etcd/ca.crt".split(" "),
          ..."--cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key".split(" "),
          ..."member list -w json".split(" "),
        ]),
      ) as { members: { name: string; clientURLs?: string[]; isLearner?: boolean }[] };
      const voters = members.members.filter((m) => m.isLearner !== true && (m.clientURLs ?? []).length > 0);
      expect(voters.map((m) => m.name).sort()).toEqual([...masters]);
    });
  });
}
