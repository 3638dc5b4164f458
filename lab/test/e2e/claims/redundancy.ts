import { until } from "../../../base/process";
import { containerOf } from "../../../hosts/containers";
import { groupsIn, monitorIds } from "../datadog";
import { addresses, holders, type LabHost, loadBalancers, masters, must, onHost, place, virtualIp } from "../driver";

const seconds = (since: number) => `${Math.round((Date.now() - since) / 1000)} s`;
const docker = (command: string, host: string) =>
  must("docker", [command, containerOf(place, { name: host })], { seconds: 60 });

/** A load balancer and a master fail at the same time: monitors alert, and the endpoint still serves. */
export function redundancy(): void {
  describe("lost redundancy", () => {
    const fqdn = "kube-control.kacangisnuts.com";
    const dead = masters[2];
    let stopped: LabHost = "haproxy-lb1";
    let ids: Record<string, string> = {};
    const groups = async (state: string, keys: readonly string[]) =>
      Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await groupsIn(state, ids[key] ?? "")])));
    const all = ["api-server", "load-balancer", "endpoint", "certificate", "authority", "name"];
    const lost = ["api-server", "load-balancer"];

    test("the checks of all hosts, of the certificates and of the name are OK", async () => {
      ids = await monitorIds();
      const wanted = {
        "api-server": [...masters],
        "load-balancer": [...loadBalancers],
        endpoint: [fqdn],
        certificate: [...masters],
        authority: [fqdn],
        name: [addresses.ns1],
      };
      // the step that writes the authority has restarted the agent, perhaps a moment ago
      const seen = await until(
        () => groups("OK", all),
        (found) => same(found, wanted),
        { seconds: 60, every: 1 },
      );
      expect(seen).toEqual(wanted);
    });

    test("a load balancer without HAProxy and a dead master raise alerts that name them", async () => {
      const [holder] = await holders();
      stopped = holder as LabHost;
      const begin = Date.now();
      await Promise.all([onHost(stopped, "systemctl stop haproxy"), docker("kill", dead)]);
      const wanted = { "api-server": [dead], "load-balancer": [stopped] };
      // two results, one every 15 s, and up to 5 s of waiting for the dead master
      const seen = await until(
        () => groups("Alert", lost),
        (found) => same(found, wanted),
        { seconds: 60, every: 1 },
      );
      console.log(`${stopped} without HAProxy and ${dead} without power: both alerts after ${seconds(begin)}`);
      expect(seen).toEqual(wanted);
    });

    test("the endpoint serves through the other load balancer, and its monitor stays OK", async () => {
      expect(await onHost("monitor", `curl -sk https://${virtualIp}:6443/readyz`)).toBe("ok");
      expect(await groups("OK", ["endpoint", "name"])).toEqual({ endpoint: [fqdn], name: [addresses.ns1] });
    });

    test("the alerts end when HAProxy and the master run again", async () => {
      const begin = Date.now();
      await Promise.all([onHost(stopped, "systemctl start haproxy"), docker("start", dead)]);
      const none = { "api-server": [], "load-balancer": [] };
      const seen = await until(
        () => groups("Alert", lost),
        (found) => same(found, none),
        { seconds: 150, every: 1 },
      );
      console.log(`both alerts ended ${seconds(begin)} after the start of HAProxy and of ${dead}`);
      expect(seen).toEqual(none);
    });
  });
}

const same = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other);
