import { ControlPlaneWatch, controlPlaneWidgets, plannedMonitors } from "../../../components/control-plane-watch";
import { checkMonitorArgs, checkMonitors, checkQuery } from "../../../components/control-plane-watch/monitors";
import { ageQuery, backupMonitor, uploadMonitor } from "../../../components/control-plane-watch/backup-monitor";
import { isMarked } from "../../../components/datadog-log-pipeline/of-stack";
import { registered } from "../registered";

const of = { stack: "prod", fqdn: "kube-control.example.com" };
const monitors = checkMonitors({ of, agentHost: "monitor" });
const argsOf = (key: string) =>
  checkMonitorArgs(
    of,
    ["@slack-ops"],
    monitors.find((one) => one.key === key)!,
  );

test("the monitors, their checks, groups and priorities", () => {
  expect(monitors.map(({ key, check, role, by, priority }) => `P${priority} ${key}: ${check} of ${role} by ${by}`))
    .toMatchInlineSnapshot(`
    [
      "P2 api-server: http.can_connect of api-server by watched_host",
      "P2 load-balancer: http.can_connect of load-balancer by watched_host",
      "P1 endpoint: http.can_connect of endpoint by watched_host",
      "P3 certificate: tls.cert_expiration of api-server by watched_host",
      "P3 authority: tls.cert_expiration of authority by watched_host",
      "P2 name: dns.can_resolve of name by nameserver",
    ]
  `);
});

test("the arguments of a monitor", () => {
  expect(argsOf("load-balancer")).toMatchInlineSnapshot(`
    {
      "message": "{{#is_alert}}HAProxy on {{watched_host.name}} does not answer /readyz: {{check_message}}
    Another load balancer holds the virtual IP. If no other load balancer is up, the control plane is down.
    If the host is down, start it. On {{watched_host.name}}: \`systemctl status haproxy keepalived\`, \`journalctl -u haproxy -u keepalived -n 50\`, then \`systemctl start haproxy keepalived\`.{{/is_alert}}{{#is_recovery}}HAProxy on {{watched_host.name}} answers again.{{/is_recovery}}

    @slack-ops",
      "monitorThresholds": {
        "critical": "2",
        "ok": "2",
        "warning": "2",
      },
      "name": "Load balancer {{watched_host.name}} is down (prod)",
      "priority": "2",
      "query": ""http.can_connect".over("kube_control:kube-control.example.com","watched_role:load-balancer").by("watched_host").last(3).count_by_status()",
      "renotifyInterval": 1440,
      "tags": [
        "kube_control:kube-control.example.com",
        "service:kubernetes",
      ],
      "type": "service check",
      "validate": false,
    }
  `);
});

test("each query counts only the results of its stack, and is recognised by the stack's tag", () => {
  const queries = monitors.map((monitor) => checkQuery(of, monitor));
  for (const query of queries) expect([query, isMarked(of, query)]).toEqual([query, true]);
  const other = { stack: "test", fqdn: "kube-control-test.example.com" };
  for (const query of queries) expect([query, isMarked(other, query)]).toEqual([query, false]);
});

test("each name contains the stack, each message names the host, the reason and a command", () => {
  for (const { key, name, by, message } of monitors) {
    expect([key, name]).toEqual([key, expect.stringContaining("(prod)")]);
    expect([key, message]).toEqual([key, expect.stringContaining("{{check_message}}")]);
    expect([key, message]).toEqual([key, expect.stringMatching(/`[a-z]+ [^`]+`/)]);
    const names = key === "endpoint" || key === "authority" ? of.fqdn : `{{${by}.name}}`;
    expect([key, message]).toEqual([key, expect.stringContaining(names)]);
  }
});

test("only the monitor of the endpoint alerts on a silent agent, with a separate message", () => {
  const silent = monitors.filter(({ silence }) => silence !== undefined);
  expect(silent.map(({ key }) => key)).toEqual(["endpoint"]);
  expect(argsOf("endpoint")).toMatchObject({ notifyNoData: true, noDataTimeframe: 5 });
  expect(argsOf("name")).not.toHaveProperty("notifyNoData");
  expect(argsOf("endpoint").message).toMatch(
    /\{\{#is_no_data\}\}The agent on monitor reports no checks[^{]*\{\{\/is_no_data\}\}\n\n@slack-ops$/,
  );
});

test("the component creates them with the names that adoption looks for", async () => {
  const args = { of, agentHost: "monitor", notify: ["@slack-ops"] };
  const adopted = { "watch-monitor-name": "42" };
  let keys: string[] = [];
  const resources = await registered(() => {
    keys = Object.keys(new ControlPlaneWatch("watch", { ...args, adopted }).monitors);
  });
  for (const { resource, name } of plannedMonitors("watch", args)) {
    expect(resources.get(resource)).toMatchObject({
      type: "datadog:index/monitor:Monitor",
      inputs: { name },
      importId: resource === "watch-monitor-name" ? "42" : "",
    });
  }
  expect(keys).toEqual(monitors.map(({ key }) => key));
  expect(resources.get("watch")?.inputs).toEqual({ of, agentHost: "monitor", notify: ["@slack-ops"] });
});

test("the row of the dashboard fills the twelve columns, with a widget for each monitor", () => {
  const widgets = controlPlaneWidgets(of);
  expect(widgets.reduce((sum, { columns }) => sum + columns, 0)).toBe(12);
  expect(widgets.map(({ check, tags = [], by }) => [check, tags[1], by]).sort()).toEqual(
    monitors.map(({ check, role, by }) => [check, `watched_role:${role}`, by]).sort(),
  );
});

describe("the monitor of the backups", () => {
  const backup = backupMonitor(of, "monitor", ["@slack-ops"], 6);

  test("alerts if the newest copy of any master is older than two intervals and an hour, or missing", () => {
    expect(backup.args).toMatchObject({
      name: "No new backup of kube-control.example.com (prod)",
      type: "query alert",
      query:
        "min(last_15m):min:system.disk.directory.file.modified_sec_ago{kube_control:kube-control.example.com,watched_role:backup} > 46800",
      monitorThresholds: { critical: "46800" },
      notifyNoData: true,
      priority: "2",
    });
  });

  test("its message says what failed, the effect and what to do, and notifies the recipients", () => {
    for (const state of ["is_alert", "is_no_data"]) {
      const [, text] = new RegExp(`{{#${state}}}([^]*?){{/${state}}}`).exec(backup.args.message as string) ?? [];
      expect(text).toMatch(/monitor/);
      expect(text).toMatch(/`journalctl -u kube-control-backup -n 30`, then `systemctl start kube-control-backup`/);
    }
    expect(backup.args.message).toMatch(/\n\n@slack-ops$/);
  });

  test("is recognised by the stack's tag", () => {
    expect(isMarked(of, ageQuery(of, "backup", 6))).toBe(true);
    expect(isMarked({ stack: "test", fqdn: "control.example.com" }, ageQuery(of, "backup", 6))).toBe(false);
  });

  test("exists only with backups on the agent's host", async () => {
    const args = { of, agentHost: "monitor" };
    expect(plannedMonitors("watch", args).map(({ resource }) => resource)).not.toContain("watch-monitor-backup");
    expect(plannedMonitors("watch", { ...args, backupHours: 6 }).at(-1)).toEqual({
      resource: "watch-monitor-backup",
      name: "No new backup of kube-control.example.com (prod)",
    });
    const resources = await registered(() => new ControlPlaneWatch("watch", { ...args, backupHours: 6 }));
    expect(resources.get("watch-monitor-backup")?.inputs.query).toBe(ageQuery(of, "backup", 6));
  });

  test("is joined by one of the bucket only with uploads, which watches another file", async () => {
    const args = { of, agentHost: "monitor", backupHours: 6 };
    expect(plannedMonitors("watch", args).map(({ resource }) => resource)).not.toContain("watch-monitor-upload");
    const resources = await registered(() => new ControlPlaneWatch("watch", { ...args, uploadHours: 6 }));
    const { name, query, message } = resources.get("watch-monitor-upload")?.inputs ?? {};
    expect(name).toBe("No new backup of kube-control.example.com in the bucket (prod)");
    expect(query).toBe(ageQuery(of, "backup", 6).replace("watched_role:backup", "watched_role:upload"));
    expect(message).toBe(uploadMonitor(of, "monitor", [], 6).args.message);
    expect(message).toContain("`journalctl -u kube-control-backup-upload -n 30`");
  });
});
