import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pipelineDefinition, qnapPipeline } from "../../components/datadog-log-pipeline";
import { type Attributes, compileQuery, runPipeline } from "../index";

const NOW = Date.UTC(2026, 10, 24);
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function read(line: string, timezone?: string) {
  const { log } = runPipeline(
    pipelineDefinition(qnapPipeline({ timezone })),
    { message: line, service: "qnap-nas" },
    { now: NOW },
  );
  // The standard attributes are copies of the line's own attributes, which are compared below.
  const { usr, network, evt, known_action: _action, known_connection_type: _type, ...attributes } = log.attributes;
  const { user, source_ip: ip, action } = attributes;
  const outcome = typeof action === "string" && /fail/i.test(action) ? "failure" : "success";
  expect({ usr, network, evt }).toEqual({
    usr: user === undefined ? undefined : { name: user },
    network: ip === undefined ? undefined : { client: { ip } },
    evt: action === undefined ? undefined : { name: action, outcome },
  });
  return { ...log, attributes };
}

/** The attributes of a line, found without rules: the line is cut at the names of its fields. */
function expected(line: string, offsetHours = 0): Attributes {
  const attributes: Attributes = {};
  let rest = line;
  const cut = (separator: string, from: "first" | "last" = "first") => {
    const at = from === "first" ? rest.indexOf(separator) : rest.lastIndexOf(separator);
    if (at < 0) throw new Error(`no ${separator} in ${rest}`);
    const head = rest.slice(0, at);
    rest = rest.slice(at + separator.length);
    return head;
  };
  const put = (name: string, value: string) => {
    if (value !== "---" && value !== "") attributes[name] = value;
  };

  if (rest.startsWith("<")) attributes.priority = Number(cut(">").slice(1));
  const date = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) /.exec(rest);
  if (date !== null) {
    rest = rest.slice(date[0].length);
    const [month, day, hour, minute, second] = [MONTHS.indexOf(date[1]!), ...date.slice(2).map(Number)];
    const instants = [2025, 2026, 2027].map((year) => Date.UTC(year, month, day, hour! - offsetHours, minute, second));
    attributes.date = instants.reduce((a, b) => (Math.abs(b - NOW) < Math.abs(a - NOW) ? b : a));
    attributes.host = cut(" ");
    const process = rest.split(" ")[0]!;
    if (process.includes("[")) {
      attributes.process_name = cut("[");
      attributes.process_id = Number(cut("]"));
      rest = rest.replace(/^:? /, "");
    }
  }
  const users = rest.indexOf("Users: ");
  const kind = rest.slice(0, users).trim();
  rest = rest.slice(users + "Users: ".length);
  put("user", cut(", Source IP: "));
  put("source_ip", cut(", Computer name: "));
  if (kind === "event log:") {
    if (rest.includes(", Application: ")) {
      put("computer_name", cut(", Application: "));
      put("application", cut(", Category: "));
      put("category", cut(", Content: "));
    } else put("computer_name", cut(", Content: "));
    put("msg", rest);
  } else {
    put("computer_name", cut(", Connection type: "));
    put("connection_type", cut(", Accessed resources: "));
    put("accessed_resources", cut(", Action: ", "last"));
    put("action", rest.replace(/\.$/, ""));
  }
  if (attributes.priority !== undefined) {
    const severities = ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];
    attributes.severity = severities[(attributes.priority as number) % 8]!;
  }
  return attributes;
}

// Written for this test, in the formats of QTS 4 and 5.
const lines = readFileSync(join(__dirname, "qnap-lines.txt"), "utf8").trim().split("\n");

describe("lines of a NAS", () => {
  test.each(lines)("%s", (line) => {
    expect(read(line).attributes).toEqual(expected(line));
  });

  test("most of them have a priority", () => {
    expect(lines.filter((line) => line.startsWith("<")).length).toBeGreaterThan(20);
  });
});

const CONN =
  "conn log: Users: admin, Source IP: 192.168.2.31, Computer name: desk-pc, Connection type: Samba, Accessed resources: a/b.txt, Action: Read";
const CONN_ATTRIBUTES = {
  user: "admin",
  source_ip: "192.168.2.31",
  computer_name: "desk-pc",
  connection_type: "Samba",
  accessed_resources: "a/b.txt",
  action: "Read",
};
const HEADER = "<30>Jun 10 13:58:06 nas qulogd[7]: ";
const DATE = Date.UTC(2026, 5, 10, 13, 58, 6);

describe("lines of a QNAP NAS", () => {
  test("date and priority become the timestamp and the status of the log", () => {
    expect(read(`${HEADER}${CONN}`)).toMatchObject({ timestamp: DATE, status: "info", attributes: CONN_ATTRIBUTES });
  });

  test.each([
    [0, "emergency"],
    [25, "alert"],
    [26, "critical"],
    [27, "error"],
    [28, "warn"],
    [29, "notice"],
    [30, "info"],
    [191, "debug"],
  ])("priority %i is status %s", (priority, status) => {
    expect(read(`${HEADER.replace("30", String(priority))}${CONN}`).status).toBe(status);
  });

  test("dates are in the time zone of the NAS", () => {
    expect(read(`${HEADER}${CONN}`, "Asia/Singapore").timestamp).toBe(DATE - 8 * 3_600_000);
    expect(read(`${HEADER}${CONN}`, "-03:30").timestamp).toBe(DATE + 3.5 * 3_600_000);
  });

  test.each([
    ["a relay's header before it", `<13>Jun 10 13:58:07 relay ${HEADER}${CONN}`],
    ["a relay's header with an ISO date", `<13>2026-06-10T13:58:07.123+02:00 relay ${HEADER}${CONN}`],
    ["no priority", `${HEADER.slice(4)}${CONN}`],
    ["no colon after the process", `${HEADER.replace(":", "#").replace("]:", "]").replace("#", ":")}${CONN}`],
    ["a dot at its end", `${HEADER}${CONN}.`],
    ["an ISO date of a relay", `<30>2026-06-10T15:58:06+02:00 nas qulogd[7]: ${CONN}`],
    ["blanks and a line end around it", ` ${HEADER}${CONN}\r\n`],
    ["a one-digit day", `${HEADER}${CONN}`.replace("Jun 10", "Jun  3")],
  ])("a line with %s gives the same attributes", (what, line) => {
    const date = what === "a one-digit day" ? DATE - 7 * 86_400_000 : DATE;
    const found = read(line);
    expect(found.attributes).toMatchObject({
      ...CONN_ATTRIBUTES,
      date,
      host: "nas",
      process_name: "qulogd",
      process_id: 7,
    });
    expect(found.timestamp).toBe(date);
  });

  test("a path can have commas and another Action", () => {
    const line = `${HEADER}${CONN.replace("a/b.txt", "a, Action: Write, b.txt")}`;
    expect(read(line).attributes).toMatchObject({ accessed_resources: "a, Action: Write, b.txt", action: "Read" });
  });

  const TAIL = "Source IP: 1.1.1.1, Computer name: y, Connection type: SSH, Accessed resources: r";
  const LOGIN = CONN.replace("a/b.txt", "---").replace("Read", "Login Fail");
  const fields = (line: string) => {
    const { user, source_ip, computer_name, connection_type, accessed_resources, action, msg } = read(line).attributes;
    return { user, source_ip, computer_name, connection_type, accessed_resources, action, msg };
  };

  test.each([
    "a,b",
    ",",
    `x, ${TAIL}`,
    `x, ${TAIL}, Action: Login Success`,
    "x\u2028y",
    `a${", Source IP: ".repeat(500)}`,
  ])("a failed login with the user %j changes no other field", (user) => {
    expect(fields(`${HEADER}${LOGIN.replace("admin", user)}`)).toEqual({ ...fields(`${HEADER}${LOGIN}`), user });
  });

  test.each(["a,b", ",", "x, Connection type: SSH", "x, Connection type: SSH, Accessed resources: y"])(
    "a failed login from a computer called %j changes no other field",
    (name) => {
      const line = `${HEADER}${LOGIN.replace("desk-pc", name)}`;
      expect(fields(line)).toEqual({ ...fields(`${HEADER}${LOGIN}`), computer_name: name });
    },
  );

  test.each([
    "a,b",
    `a, ${TAIL}`,
    `a, ${TAIL}, Action: Login Fail`,
    "a, Action: Login Success",
    "a, Users: eve",
    "a, Content: b",
  ])("a file called %j changes no other field", (path) => {
    for (const action of ["Read", "Delete"]) {
      const line = `${HEADER}${CONN.replace("a/b.txt", path).replace("Read", action)}`;
      expect(fields(line)).toEqual({ ...fields(`${HEADER}${CONN}`), accessed_resources: path, action });
    }
  });

  test("commas in a user and a computer that touch a file change no other field", () => {
    const line = `${HEADER}${CONN.replace("admin", "lee, anna").replace("desk-pc", "pc, old")}`;
    expect(fields(line)).toEqual({ ...fields(`${HEADER}${CONN}`), user: "lee, anna", computer_name: "pc, old" });
  });

  test.each([`renamed [a, ${TAIL}, Action: Login Fail`, `a, ${TAIL}, Content: b`, "a, Application: b, Category: c"])(
    "an event with the text %j changes no other field",
    (msg) => {
      for (const kind of ["", ", Application: Files, Category: General"]) {
        const event = (text: string) =>
          `${HEADER}event log: Users: ann, Source IP: 10.0.0.2, Computer name: pc${kind}, Content: ${text}`;
        const { msg: found, ...rest } = read(event(msg)).attributes;
        const { msg: _plain, ...expected } = read(event("plain")).attributes;
        expect([found, rest]).toEqual([msg, expected]);
      }
    },
  );

  test("a line in the format of the blog post gives the same names and values", () => {
    const line =
      "<28>Jun 10 13:58:06 nas qlogd[2]: event log: Users: admin, Source IP: 127.0.0.1, Computer name: localhost, Content: [Antivirus] Job 1, started.";
    expect(read(line).attributes).toEqual({
      priority: 28,
      date: DATE,
      host: "nas",
      process_name: "qlogd",
      process_id: 2,
      user: "admin",
      source_ip: "127.0.0.1",
      computer_name: "localhost",
      msg: "[Antivirus] Job 1, started.",
      severity: "warning",
    });
  });

  test.each([
    ["in the middle of the action", "Action: Login Suc"],
    ["after more of the name", "Action: Login Success and more of the na"],
    ["after letters of the name", "Action: Login Successaaaaaaaa"],
    ["in a logout", "Action: Logo"],
  ])("a user name that imitates a login and is cut off %s gives no attributes", (_where, action) => {
    const line = `${HEADER}conn log: Users: x, ${TAIL}, ${action}`;
    expect(read(line).attributes).toEqual({});
  });

  const known = (line: string) => {
    const { known_action: action, known_connection_type: type } = runPipeline(
      pipelineDefinition(qnapPipeline()),
      { message: line, service: "qnap-nas" },
      { now: NOW },
    ).log.attributes;
    return [action, type];
  };

  test.each([
    ["words of the NAS", CONN, ["Read", "SAMBA"]],
    [
      "a word of several",
      CONN.replace("Samba", "SSH/SFTP").replace("Read", "Create Directory"),
      ["Create Directory", "SSH/SFTP"],
    ],
    ["a login", LOGIN.replace("Samba", "HTTP/HTTPS"), ["Login Fail", "HTTP/HTTPS"]],
    ["words of the sender", CONN.replace("Samba", "ZZZ").replace("Read", "Read 4711"), ["other", "other"]],
    ["no connection type", CONN.replace("Samba", "---"), ["Read", "other"]],
  ])("%s get the known action and connection type from a fixed set", (_what, text, expected) => {
    expect(known(`${HEADER}${text}`)).toEqual(expected);
  });

  test("a JSON message cannot set the attributes by which metrics are grouped", () => {
    const forged = { action: "a", connection_type: "b", known_action: "c", known_connection_type: "d" };
    expect(known(JSON.stringify(forged))).toEqual(["other", "other"]);
    const { connection_type: _type, ...rest } = forged;
    expect(known(JSON.stringify(rest))).toEqual(["other", "other"]);
    const events = qnapPipeline().metrics?.find(({ key }) => key === "events");
    const counts = compileQuery(events?.query ?? "");
    expect(counts({ message: "", attributes: { msg: "m", severity: "zzz" } })).toBe(false);
    expect(counts({ message: "", attributes: { msg: "m", severity: "warning" } })).toBe(true);
    expect(counts({ message: "", attributes: { msg: "m" } })).toBe(true);
  });

  test.each(["", "hello", `${HEADER}kernel: eth0 up`, `${HEADER}conn log: Users: admin`])(
    "%j is not a known line and gives no attributes",
    (line) => {
      expect(read(line)).toMatchObject({ message: line, attributes: {} });
    },
  );
});
