import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import { compileParser, runPipeline } from "../../../grok/index";
import { loadAt } from "../../nas/day";
import { failedLogin, nextLine } from "../../nas/lines";
import { Sender } from "../../nas/sender";
import { syslogDate } from "../../nas/syslog";
import { linesOf } from "../../services/json-lines";
import { scratchFolder } from "../scratch";
import { pipelineDefinition, qnapPipeline } from "../../../components/datadog-log-pipeline";

const now = new Date("2026-11-03T08:15:42Z");

/** Pseudo-random numbers, the same in every run. */
function repeatable(seed: number): () => number {
  return () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
}

test("a one-digit day in the date is padded with a blank", () => {
  expect(syslogDate(now)).toBe("Nov  3 08:15:42");
  expect(syslogDate(new Date("2026-11-23T16:00:01Z"))).toBe("Nov 23 16:00:01");
});

test("the pipeline parses both formats to the same attributes, if both contain them", () => {
  const pipeline = pipelineDefinition(qnapPipeline({ timezone: "UTC" }));
  const read = (message: string) => {
    const { log } = runPipeline(pipeline, { message, service: "qnap-nas" }, { now: now.getTime() });
    const { connection_type: _type, user_parts: _parts, action, evt, ...others } = log.attributes;
    const { known_action: _action, known_connection_type: _known, ...rest } = others;
    const { action_code: code, action_result: _result, service_code: _service, ...attributes } = rest;
    return { attributes, told: code === undefined || code === "512" ? { action, evt } : undefined };
  };
  const [old, later] = [repeatable(9), repeatable(9)];
  const kinds = new Set<string>();
  expect(read(failedLogin("rfc5424", now, later))).toEqual(read(failedLogin("rfc3164", now, old)));
  for (let i = 0; i < 300; i++) {
    const line = nextLine("rfc5424", now, later);
    expect(line).toMatch(/^<(28|30)>1 2026-11-03T08:15:42\.000\+00:00 NAS qulogd: \d+ - \[QuLog@(Access|Event) mac="/);
    const [found, expected] = [read(line), read(nextLine("rfc3164", now, old))];
    expect([line, found.attributes]).toEqual([line, expected.attributes]);
    if (found.told !== undefined) expect([line, found.told]).toEqual([line, expected.told]);
    kinds.add(found.told === undefined ? "a code" : JSON.stringify(found.told.action ?? null));
  }
  expect([...kinds].sort()).toEqual(expect.arrayContaining(['"Login Success"', "a code", "null"]));
});

test("lines have the format of QTS 5's logs, and Read is the most frequent action", () => {
  const random = repeatable(7);
  const actions = new Map<string, number>();
  let events = 0;
  for (let i = 0; i < 3000; i++) {
    const line = nextLine("rfc3164", now, random);
    const form =
      /^<(28|30)>Nov {2}3 08:15:42 NAS qulogd\[\d+\]: (?:conn log: Users: \S+, Source IP: [\d.]+, Computer name: \S+, Connection type: \S+, Accessed resources: .+, Action: (.+)|event log: Users: \S+, Source IP: \S+, Computer name: ---, Application: (.+), Category: .+, Content: \[\3\] .+)$/.exec(
        line,
      );
    expect([line, form !== null]).toEqual([line, true]);
    const action = form?.[2];
    if (action === undefined) {
      events++;
    } else {
      actions.set(action, (actions.get(action) ?? 0) + 1);
    }
  }
  const [first] = [...actions].sort(([, a], [, b]) => b - a);
  expect(first?.[0]).toBe("Read");
  expect(actions.size).toBeGreaterThanOrEqual(9);
  expect(events).toBeGreaterThan(100);
});

test("the load has a mean of 1 and is low at night, except during the backup", () => {
  const minutes = Array.from({ length: 24 * 60 }, (_, minute) => new Date(Date.UTC(2026, 10, 3, 0, minute)));
  const found = minutes.map((minute) => loadAt(minute));
  expect(found.reduce((sum, each) => sum + each, 0) / found.length).toBeCloseTo(1, 2);
  expect(Math.min(...found)).toBeGreaterThan(0.2);
  const at = (hour: number) => loadAt(new Date(Date.UTC(2026, 10, 3, hour, 30)));
  expect(at(10)).toBeGreaterThan(3 * at(5));
  expect(at(2)).toBeGreaterThan(3 * at(1));
});

test("at 2:00, most lines come from the backup", () => {
  const random = repeatable(3);
  const lines = Array.from({ length: 200 }, () => nextLine("rfc3164", new Date("2026-11-03T02:15:42Z"), random));
  expect(lines.filter((line) => line.includes("Users: backup_svc,")).length).toBeGreaterThan(150);
});

test("the pipeline's rules parse failed logins, which come from one address", () => {
  const random = repeatable(5);
  const parser = compileParser(qnapPipeline().parser!);
  for (let i = 0; i < 50; i++) {
    const line = failedLogin("rfc3164", now, random);
    const parsed = parser.parse(line, { now: now.getTime() });
    expect(parsed).toMatchObject({ matched: true });
    expect(parsed.matched && parsed.attributes).toMatchObject({
      priority: 28,
      source_ip: "203.0.113.66",
      action: "Login Fail",
    });
  }
});

describe("sending", () => {
  let monitor: Socket;
  let folder: string;
  let sender: Sender;
  const received: string[] = [];
  const arrived = async (count: number) => {
    while (received.length < count) await once(monitor, "message");
    return received;
  };
  beforeAll(async () => {
    monitor = createSocket("udp4");
    monitor.on("message", (message) => received.push(message.toString()));
    monitor.bind(0, "127.0.0.1");
    await once(monitor, "listening");
  });
  beforeEach(() => {
    received.length = 0;
    folder = scratchFolder();
    sender = new Sender({
      host: "127.0.0.1",
      port: monitor.address().port,
      stateFile: join(folder, "nas.json"),
      journalFile: join(folder, "nas.jsonl"),
    });
  });
  afterAll(() => monitor.close());

  test("a given line is sent with its placeholders replaced, and written to the journal", async () => {
    await sender.send("<30>{date} {host} qulogd[1]: conn log: …");
    const [line] = await arrived(1);
    expect(line).toMatch(/^<30>[A-Z][a-z]{2} [ \d]\d [\d:]{8} NAS qulogd\[1\]: conn log: …$/);
    expect(linesOf(join(folder, "nas.jsonl"))).toEqual([{ time: expect.any(String) as string, line }]);
  });

  test("a silent NAS sends a burst of failed logins at once", async () => {
    sender.change({ silent: true });
    await sender.burst(12, 1);
    const lines = await arrived(12);
    expect(lines).toHaveLength(12);
    for (const line of lines) expect(line).toContain("Action: Login Fail");
  });

  describe("generated lines", () => {
    const sent: string[] = [];
    let going = true;
    let running: Promise<void>;
    const pass = (seconds: number) => jest.advanceTimersByTimeAsync(seconds * 1000);
    /** The lines of the next seconds. */
    const linesOfNext = async (seconds: number) => {
      sent.length = 0;
      await pass(seconds);
      return [...sent];
    };
    beforeEach(() => {
      // the middle of an hour with a load of 1.5
      jest.useFakeTimers({ now: new Date("2026-11-03T10:30:00Z") });
      jest.spyOn(sender, "send").mockImplementation((line) => Promise.resolve(void sent.push(line)).then(() => line));
      going = true;
      running = sender.run(() => going);
    });
    afterEach(async () => {
      going = false;
      await pass(1);
      await running;
      jest.useRealTimers();
    });

    test("are sent at the rate of the time of day", async () => {
      sender.change({ ratePerMinute: 100 });
      await pass(1);
      const { length } = await linesOfNext(60);
      expect(length).toBeGreaterThan(130);
      expect(length).toBeLessThan(170);
    });

    test("follow a change of the settings within half a second", async () => {
      sender.change({ ratePerMinute: 0 });
      await pass(0.5);
      expect(await linesOfNext(60)).toEqual([]);
      sender.change({ ratePerMinute: 6000 });
      expect(sender.settings()).toEqual({ ratePerMinute: 6000, silent: false, format: "rfc3164" });
      await pass(0.5);
      expect((await linesOfNext(1)).length).toBeGreaterThan(100);
      sender.change({ silent: true });
      await pass(0.5);
      expect(await linesOfNext(60)).toEqual([]);
      sender.change({ silent: false, format: "rfc5424" });
      await pass(0.5);
      const lines = await linesOfNext(1);
      expect(lines.length).toBeGreaterThan(100);
      for (const line of lines) expect(line).toMatch(/^<\d+>1 \d{4}-\S+ NAS qulogd: /);
    });
  });
});
