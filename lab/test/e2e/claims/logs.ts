import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../base/process";
import { syslogDate } from "../../../nas/syslog";
import { counted, type Log, monitorState, onLoopback, search, top } from "../datadog";
import { addresses, lab, must, nas, onHost, tryOnHost } from "../driver";

const facets = ["action", "computer_name", "connection_type", "host", "source_ip", "user"];

/** A line of the NAS, with placeholders for date and host. */
const line = (user: string, action = "Read", type = "SAMBA") =>
  `<30>{date} {host} qulogd[14629]: conn log: Users: ${user}, Source IP: 192.168.2.101, Computer name: ---, ` +
  `Connection type: ${type}, Accessed resources: Multimedia/a, Action: ${action}`;

/** Sends lines from the NAS, all at once. */
const send = (lines: readonly string[]) =>
  onHost("nas", "node /opt/kube-control-lab/nas.js send - >/dev/null", lines.join("\n"));

/** A line of the NAS at this moment. */
const now = (user: string) => line(user).replace("{date} {host}", `${syslogDate(new Date())} NAS`);

/** Kinds of datagrams that reach the monitor → their destinations. */
const ways = {
  unicast: addresses.monitor,
  broadcast: addresses.monitor.replace(/\d+$/, "255"),
  multicast: "224.0.0.1",
};
type Way = keyof typeof ways;

const datagram = `
  const [to, from] = process.argv.slice(1);
  const socket = require("node:dgram").createSocket("udp4");
  socket.bind(0, from, () => {
    socket.setBroadcast(true);
    socket.setMulticastInterface(from);
    socket.send(require("node:fs").readFileSync(0), 15141, to, (error) => {
      if (error) throw error;
      socket.close();
    });
  });`;

/** Sends a line from a host with Node.js, without the NAS's program. */
const sendFrom = (host: "nas" | "services", way: Way, user: string) =>
  onHost(host, `node -e '${datagram}' ${ways[way]} ${addresses[host]}`, now(user));

/** Checks the NAS's logs in Datadog's explorer, analytics and monitors. */
export function logs(): void {
  describe("logs", () => {
    let lines: readonly Log[] = [];

    beforeAll(async () => {
      await nas("rate", "600");
      lines = await until(
        () => search("service:qnap-nas @connection_type:*"),
        (found) => found.length >= 60,
        { seconds: 90, every: 1 },
      );
    });

    test("each line has its attributes; an unknown computer has no computer_name", () => {
      expect(lines.length).toBeGreaterThanOrEqual(60);
      for (const { attributes } of lines) {
        for (const facet of facets.filter((name) => name !== "computer_name")) {
          expect(attributes).toHaveProperty(facet);
        }
      }
      // the NAS writes `---` for an unknown name
      expect(lines.some(({ attributes }) => "computer_name" in attributes)).toBe(true);
      expect(lines.map(({ attributes }) => attributes["computer_name"])).not.toContain("---");
    });

    test("grok pull writes the stack's pipeline into a file, and grok push finds no difference", async () => {
      const folder = mkdtempSync(join(tmpdir(), "kube-control-pipelines-"));
      await onLoopback(async (url, env) => {
        const grok = (...args: string[]) => must("npm", ["run", "--silent", "grok", "--", ...args], { env });
        await grok("pull", "--url", url, folder);
        const files = readdirSync(folder);
        expect(files).toContainEqual(expect.stringMatching(/^qnap.*\.yaml$/));
        expect(await grok("push", "--dry-run", "--url", url, folder)).toContain("different: 0");
      });
      rmSync(folder, { recursive: true });
    });

    test("a search by user finds only that user's lines", async () => {
      const admins = await search("service:qnap-nas @user:admin");
      expect(admins.length).toBeGreaterThan(0);
      expect(new Set(admins.map(({ attributes }) => attributes["user"]))).toEqual(new Set(["admin"]));
    });

    test("`npm run lab -- explorer` shows all facets and the most frequent action", async () => {
      expect((await top("service:qnap-nas", "@action"))[0]?.[0]).toBe("Read");
      const explorer = await lab(["explorer"], 60);
      expect(explorer.code).toBe(0);
      for (const facet of facets) {
        expect(explorer.stdout).toMatch(new RegExp(`^  @${facet} +\\d+  \\S.* \\(\\d+\\)`, "m"));
      }
      expect(explorer.stdout).toMatch(/^Top actions\n +\d+ {2}#{20} {2}Read$/m);
    });

    test("failed logins in RFC 5424 are found by their user and raise an alert", async () => {
      await nas("format", "rfc5424");
      await nas("burst", "failed-logins", "20");
      await nas("format", "rfc3164");
      const found = await until(
        () => search('service:qnap-nas @user:admin @source_ip:203.0.113.66 @action_code:512 @action:"Login Fail"'),
        ({ length }) => length > 0,
        { seconds: 30, every: 1 },
      );
      expect(found[0]?.message).toMatch(/^<\d+>1 .* \[QuLog@Access /);
      expect(found[0]?.attributes).toMatchObject({ process_name: "qulogd", process_id: expect.any(Number) as number });
      const failed = () => monitorState("failed-logins");
      expect(await until(failed, (state) => state === "Alert", { seconds: 60, every: 1 })).toBe("Alert");
    });

    test("lines of the NAS arrive by unicast, broadcast and multicast; other senders' are dropped", async () => {
      const mark = `source_${Date.now()}`;
      const all = Object.keys(ways) as Way[];
      for (const way of all) {
        await sendFrom("services", way, `${mark}_forged_${way}`);
        await sendFrom("nas", way, `${mark}_own_${way}`);
      }
      const found = await until(
        () => search(`service:qnap-nas @user:${mark}_*`),
        ({ length }) => length >= all.length,
        { seconds: 30, every: 1 },
      );
      expect(found.map(({ attributes }) => attributes["user"]).sort()).toEqual(
        all.map((way) => `${mark}_own_${way}`).sort(),
      );
    });

    test("programs on the monitor cannot send a line: the kernel refuses it", async () => {
      const { code, stderr } = await tryOnHost(
        "monitor",
        `bash -c 'cat >/dev/udp/${addresses.monitor}/15141'`,
        now("forged"),
      );
      expect([code === 0, stderr]).toEqual([false, expect.stringContaining("Operation not permitted")]);
    });

    test("a line that matches no rule raises an alert", async () => {
      expect(await monitorState("unread")).toBe("OK");
      await send(["<30>{date} {host} qulogd[14629]: a line of a kind that is not known"]);
      const unread = () => monitorState("unread");
      expect(await until(unread, (state) => state === "Alert", { seconds: 60, every: 1 })).toBe("Alert");
    });

    test("at least 99 per cent of 200 datagrams arrive that are sent at once", async () => {
      const mark = `loss_${Date.now()}`;
      const sent = 200;
      const begin = Date.now();
      await send(Array.from({ length: sent }, (_, index) => line(`${mark}_${index}`)));
      const found = await until(
        () => search(`service:qnap-nas @user:${mark}_*`, 1000),
        ({ length }) => length === sent,
        { seconds: 30, every: 1 },
      );
      console.log(
        `${sent - found.length} of ${sent} datagrams lost; the last was found ${Date.now() - begin} ms after the first was sent`,
      );
      expect(found.length).toBeGreaterThanOrEqual(0.99 * sent);
    });

    test("the metric of actions and the explorer both count the sent lines", async () => {
      const user = `metric_${Date.now()}`;
      const actions = ["Read", "Read", "Read", "Write", "Login Fail"];
      // no generated line has this connection type
      const query = "sum:qnap_nas.dev.actions{connection_type:afp} by {action}.as_count()";
      const before = await counted(query);
      await send(actions.map((action) => line(user, action, "AFP")));
      const counts = await until(
        async () => {
          const after = Object.entries(await counted(query));
          return Object.fromEntries(after.map(([action, count]) => [action, count - (before[action] ?? 0)]));
        },
        (seen) => Object.values(seen).reduce((sum, count) => sum + count, 0) === actions.length,
        { seconds: 30, every: 1 },
      );
      expect(counts).toEqual({ "action:read": 3, "action:write": 1, "action:login_fail": 1 });
      const tops = await top(`service:qnap-nas @user:${user}`, "@action");
      expect(Object.fromEntries(tops)).toEqual({ Read: 3, Write: 1, "Login Fail": 1 });
    });

    test("unknown actions are not tags of the metric, but can be searched", async () => {
      const own = `own_${Date.now()}`;
      const query = "sum:qnap_nas.dev.actions{connection_type:other} by {action}.as_count()";
      const before = (await counted(query))["action:other"] ?? 0;
      await send([line(own, own, own)]);
      const others = async () => (await counted(query))["action:other"] ?? 0;
      expect(await until(others, (count) => count > before, { seconds: 30, every: 1 })).toBeGreaterThan(before);
      expect(await counted(`sum:qnap_nas.dev.actions{connection_type:${own}} by {action}.as_count()`)).toEqual({});
      expect(await search(`service:qnap-nas @connection_type:${own} @action:${own}`)).toHaveLength(1);
    });
  });
}
