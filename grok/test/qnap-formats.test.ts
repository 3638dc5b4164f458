import fc from "fast-check";
import { pipelineDefinition, qnapPipeline } from "../../components/datadog-log-pipeline";
import { runPipeline } from "../index";
import { syslogDate } from "../../lab/nas/syslog";

const NOW = Date.UTC(2026, 10, 24);
const DATE = Date.UTC(2026, 5, 10, 5, 58, 6);
const ZONE = "Asia/Singapore";
const definition = pipelineDefinition(qnapPipeline({ timezone: ZONE }));

function read(message: string) {
  const { log } = runPipeline(definition, { message, service: "qnap-nas" }, { now: NOW });
  return { status: log.status, timestamp: log.timestamp, attributes: log.attributes };
}

const CONN =
  "conn log: Users: admin, Source IP: 192.168.2.31, Computer name: desk-pc, Connection type: SAMBA, Accessed resources: a/b.txt, Action: Read";
const EVENT =
  "event log: Users: ---, Source IP: ---, Computer name: ---, Application: Storage, Category: Disk, Content: [Storage] Disk 2: failed";
const OLD = `<28>Jun 10 13:58:06 nas qulogd[14629]: `;
const NEW = "<28>1 2026-06-10T13:58:06+08:00 nas qulogd: 14629 - - ";
const DATA = '[QuLog@Event ip="192.168.2.31" user="OFFICE\\\\anna" computer="a \\"b\\" [c\\]"]';

describe("RFC 5424 lines", () => {
  test.each([
    ["as QuLog Center sends them", `${NEW}${CONN}`],
    ["without a colon after the process", `${NEW.replace("qulogd:", "qulogd")}${CONN}`],
    ["with data", `${NEW.replace("- - ", `- ${DATA} `)}${CONN}`],
    ["with data of two kinds", `${NEW.replace("- - ", `ID47 ${DATA}[timeQuality tzKnown="1"] `)}${CONN}`],
    ["with data that contain a line", `${NEW.replace("- - ", `- [a b="] ${OLD}${CONN}"] `)}${CONN}`],
    ["with a BOM before the message", `${NEW}\uFEFF${CONN}`],
    ["with two blanks before the message", `${NEW} ${CONN}`],
    ["at UTC", `${NEW.replace("13:58:06+08:00", "05:58:06Z")}${CONN}`],
    [
      "in another zone than the pipeline's",
      `${NEW.replace("2026-06-10T13:58:06+08:00", "2026-06-09T23:58:06-06:00")}${CONN}`,
    ],
    ["after an RFC 3164 header of a relay", `<13>Jun 10 13:58:07 relay ${NEW}${CONN}`],
    ["after an RFC 5424 header of a relay", `<13>1 2026-06-10T13:58:07.1Z relay rsyslogd 1 - ${DATA} ${NEW}${CONN}`],
    ["in RFC 3164 after an RFC 5424 header of a relay", `<13>1 2026-06-10T13:58:07Z relay - - - - \uFEFF${OLD}${CONN}`],
    ["with blanks and a line end around it", ` ${NEW}${CONN}\r\n`],
  ])("give the same attributes as RFC 3164: %s", (_what, line) => {
    const expected = read(`${OLD}${CONN}`);
    expect(expected).toMatchObject({
      timestamp: DATE,
      status: "warn",
      attributes: { priority: 28, date: DATE, host: "nas", process_name: "qulogd", process_id: 14629, action: "Read" },
    });
    expect(read(line)).toEqual(expected);
  });

  test("give the same attributes for events", () => {
    expect(read(`${NEW}${EVENT}`)).toEqual(read(`${OLD}${EVENT}`));
    expect(read(`${NEW}${EVENT}`).attributes).toMatchObject({ msg: "[Storage] Disk 2: failed", severity: "warning" });
  });

  test.each([".1", ".12", ".123", ".1234", ".12345", ".123456"])("the date can have a fraction: %s", (fraction) => {
    const { attributes } = read(`${NEW.replace(":06+", `:06${fraction}+`)}${CONN}`);
    expect(attributes["date"]).toBe(DATE + Math.floor(Number(fraction) * 1000));
  });

  test("a field - is left out", () => {
    const { attributes, timestamp } = read(`<28>1 - - - - - - ${CONN}`);
    for (const name of ["date", "host", "process_name", "process_id"]) expect(attributes).not.toHaveProperty(name);
    expect(timestamp).toBeUndefined();
    expect(attributes).toMatchObject({ priority: 28, user: "admin", action: "Read" });
    // a process id that is not a number is not converted
    expect(read(`${NEW.replace("14629", "main")}${CONN}`).attributes).not.toHaveProperty("process_id");
  });

  test("a line without its priority gives the other attributes", () => {
    const { attributes } = read(`${NEW.slice("<28>".length)}${CONN}`);
    expect(attributes).toMatchObject({ date: DATE, host: "nas", process_id: 14629, action: "Read" });
    expect(attributes).not.toHaveProperty("priority");
    expect(attributes).not.toHaveProperty("severity");
  });

  test.each([
    ["of another version", `${NEW.replace(">1 ", ">2 ")}${CONN}`],
    ["with a date that has no zone", `${NEW.replace("+08:00", "")}${CONN}`],
    ["without data", `${NEW.replace("- - ", "- ")}${CONN}`],
    ["with unclosed data", `${NEW.replace("- - ", '- [a b="c" ')}${CONN}`],
    ["with the length before the line", `250 ${NEW}${CONN}`],
  ])("give no attributes if they are not valid: %s", (_what, line) => {
    expect(read(line).attributes).toEqual({});
  });
});

describe("structured data of QuLog Center", () => {
  const HEAD = "<30>1 2026-06-10T13:58:06.466+08:00 nas qulogd: 19683 - ";
  const PLAIN = {
    ip: "192.0.2.10",
    user: "anna",
    computer: "---",
    application: "---",
    action: "512",
    action_result: "0",
  };
  const access = (change: Partial<typeof PLAIN> = {}, message = "Administration") => {
    const { ip, user, computer, application, action, action_result: result } = { ...PLAIN, ...change };
    return (
      `${HEAD}[QuLog@Access mac="00-00-5E-00-53-23" ip="${ip}" user="${user}" source="nas" computer="${computer}" ` +
      `application="${application}" action="${action}" action_result="${result}" service="1024" extra_data="" ` +
      `client_id="89a1d5c1" client_app="Web Desktop" client_agent="Mozilla/5.0 (X11; Linux x86_64)"] ${message}`
    );
  };
  const header = { priority: 30, host: "nas", process_name: "qulogd", process_id: 19683, date: DATE + 466 };
  const success = {
    user: "anna",
    source_ip: "192.0.2.10",
    action: "Login Success",
    accessed_resources: "Administration",
  };

  test("give the user and the address of a login", () => {
    expect(read(access())).toMatchObject({
      status: "info",
      timestamp: DATE + 466,
      attributes: { ...header, ...success },
    });
    expect(read(access()).attributes).not.toHaveProperty("computer_name");
    expect(read(access()).attributes).toMatchObject({ evt: { name: "Login Success", outcome: "success" } });
    expect(read(access({ computer: "desk-pc", application: "Qsync" })).attributes).toMatchObject({
      computer_name: "desk-pc",
      application: "Qsync",
    });
  });

  test.each(["1", "2", "-1"])("result %s of a login is a failure", (result) => {
    expect(read(access({ action_result: result })).attributes).toMatchObject({
      ...success,
      action: "Login Fail",
      evt: { name: "Login Fail", outcome: "failure" },
    });
  });

  test("can have fewer or more fields, or the header of a relay", () => {
    const short = `${HEAD}[QuLog@Access mac="---" ip="192.0.2.10" user="anna" computer="---" application="---" action="512" action_result="0" service="1024" client_app="a" client_agent="b"] Administration`;
    expect(read(short).attributes).toMatchObject(success);
    expect(read(access().replace(" source=", ' site="x" source=')).attributes).toMatchObject(success);
    expect(read(access().replace("] A", '][meta sequenceId="7"] A')).attributes).toMatchObject(success);
    expect(read(access().replace("[QuLog", '[meta sequenceId="7"][QuLog')).attributes).toMatchObject(success);
    expect(read(`<13>Jun 10 13:58:07 relay ${access()}`).attributes).toMatchObject({ ...header, ...success });
  });

  test("an unknown action code is the action, and its result the outcome", () => {
    const found = read(access({ action: "16" }, "[File Station] /Public/a, Action: Login Fail")).attributes;
    expect(found).toMatchObject({
      ...{ user: "anna", action: "Action 16", action_code: "16", evt: { name: "Action 16", outcome: "success" } },
      accessed_resources: "[File Station] /Public/a, Action: Login Fail",
    });
    expect(read(access({ action: "16", action_result: "3" })).attributes).toMatchObject({
      evt: { outcome: "failure" },
    });
  });

  test("a login without a result is not a success", () => {
    const { action, evt } = read(access().replace(' action_result="0"', "")).attributes;
    expect([action, evt]).toEqual(["Action 512", { name: "Action 512" }]);
  });

  test.each([
    ['a \\"b\\" [c\\] d', 'a \\"b\\" [c\\] d'],
    ['x\\" ip=\\"1.2.3.4\\" user=\\"y', 'x\\" ip=\\"1.2.3.4\\" user=\\"y'],
    ["x, Source IP: 1.2.3.4, Computer name: y", "x, Source IP: 1.2.3.4, Computer name: y"],
    ["OFFICE\\\\anna.lee", "OFFICE\\anna.lee"],
    ["OFFICE\\anna.lee", "OFFICE\\anna.lee"],
    ["[x] a=b", "[x] a=b"],
  ])("the user %s changes no other field", (given, user) => {
    const plain = read(access()).attributes;
    const { user_parts: _parts, ...found } = read(access({ user: given })).attributes;
    expect(found).toEqual({ ...plain, user, usr: { name: user } });
    expect(read(access({ computer: given })).attributes).toMatchObject(success);
  });

  test.each([
    ["with a field twice", access({ user: 'x" ip="1.2.3.4" user="y' })],
    ["with an unescaped quote", access({ user: 'x"y' })],
    ["without an action", access({ user: 'x"] Administration' })],
    ["without a user", access().replace(/ user="\S+"/, "")],
  ])("%s give no attributes, which triggers the monitor", (_what, line) => {
    expect(read(line).attributes).toEqual({});
  });

  test("give the attributes of an event", () => {
    const event = `${HEAD}[QuLog@Event mac="---" ip="192.0.2.10" user="anna" source="nas" computer="pc" application="Files" application_id="A1" category="General" category_id="C1" message_id="M1" extra_data="" client_id="" client_app="" client_agent=""] [Files] Renamed "a, Source IP: 1.2.3.4, Computer name: b".`;
    const { attributes } = read(event);
    expect(attributes).toMatchObject({
      ...{ ...header, user: "anna", source_ip: "192.0.2.10", computer_name: "pc", application: "Files" },
      ...{ category: "General", msg: '[Files] Renamed "a, Source IP: 1.2.3.4, Computer name: b".' },
    });
    expect(attributes).not.toHaveProperty("action");
  });

  test("give the text of QuLog Center's test message", () => {
    const line = `${NEW.replace("- - ", `- ${DATA} `)}This is a test message.`;
    expect(read(line).attributes).toMatchObject({ msg: "This is a test message.", user: "OFFICE\\anna" });
  });
});

const offsets = ["Z", "+08:00", "-03:30", "+05:45", "+14:00"];

/** A time in a zone with this offset, in ISO 8601: `2026-06-10T13:58:06+08:00`. */
function zonedDate(time: number, offset: string): string {
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? [];
  const shift = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60_000 : 60_000);
  return `${new Date(time + shift).toISOString().slice(0, 19)}${offset}`;
}

test("both formats give the same attributes for any fields", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 20 });
  const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,11}$/);
  const fields = fc.record({
    priority: fc.integer({ min: 0, max: 191 }),
    // at most half a year away: a date without a year would get another year otherwise
    time: fc.integer({ min: -150 * 86_400, max: 3600 }).map((seconds) => NOW + seconds * 1000),
    offset: fc.constantFrom(...offsets),
    host: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9.-]{0,15}$/),
    process: word,
    id: fc.integer({ min: 1, max: 4_194_304 }),
    user: text,
    resource: text,
    action: text,
    data: fc.array(fc.tuple(word, text), { maxLength: 3 }),
    bom: fc.constantFrom("", "\uFEFF"),
    relay: fc.constantFrom("", "<13>Jun 10 13:58:07 relay ", "<13>1 2026-06-10T13:58:07Z relay a 1 - - "),
  });
  fc.assert(
    fc.property(fields, (given) => {
      const body =
        `conn log: Users: ${given.user}, Source IP: 10.0.0.9, Computer name: ---, Connection type: SAMBA, ` +
        `Accessed resources: ${given.resource}, Action: ${given.action}`;
      const escaped = given.data.map(([name, value]) => ` ${name}="${value.replaceAll(/["\\\]]/g, "\\$&")}"`).join("");
      const data = given.data.length === 0 ? "-" : `[QuLog@Event${escaped}]`;
      // the pipeline's zone is UTC+8
      const local = syslogDate(new Date(given.time + 8 * 3_600_000));
      const old = read(`<${given.priority}>${local} ${given.host} ${given.process}[${given.id}]: ${body}`);
      const header = `<${given.priority}>1 ${zonedDate(given.time, given.offset)} ${given.host} ${given.process}: ${given.id}`;
      expect(read(`${given.relay}${header} - ${data} ${given.bom}${body}`)).toEqual(old);
      expect(old.attributes).toMatchObject({
        priority: given.priority,
        date: given.time,
        host: given.host,
        process_name: given.process,
        process_id: given.id,
        source_ip: "10.0.0.9",
      });
    }),
    { numRuns: 300 },
  );
});
