import { createSocket, type Socket } from "node:dgram";
import { nextLine, syslogDate } from "../../lab/nas/lines";
import { Sender } from "../../lab/nas/main";

const nas = { hostname: "NAS", timezone: "UTC" };
const now = new Date("2026-11-03T08:15:42Z");

/** Numbers that look random and are the same in every run. */
function repeatable(seed: number): () => number {
  return () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
}

test("the date is the NAS's local time, its day padded with a blank", () => {
  expect(syslogDate(now, "UTC")).toBe("Nov  3 08:15:42");
  expect(syslogDate(now, "Asia/Singapore")).toBe("Nov  3 16:15:42");
  expect(syslogDate(new Date("2026-11-23T16:00:01Z"), "Asia/Singapore")).toBe("Nov 24 00:00:01");
});

test("lines have the form of QTS 5's access and event logs, and Read is the most frequent action", () => {
  const random = repeatable(7);
  const actions = new Map<string, number>();
  let events = 0;
  for (let i = 0; i < 3000; i++) {
    const line = nextLine(nas, now, random);
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

describe("sending", () => {
  let monitor: Socket;
  const received: string[] = [];
  beforeAll(async () => {
    monitor = createSocket("udp4");
    monitor.on("message", (message) => received.push(message.toString()));
    await new Promise<void>((resolve) => monitor.bind(0, "127.0.0.1", resolve));
  });
  beforeEach(() => (received.length = 0));
  afterAll(() => monitor.close());

  const sender = (ratePerMinute?: number) =>
    new Sender({ host: "127.0.0.1", port: monitor.address().port, hostname: "NAS", ratePerMinute });
  const arrived = async (count: number) => {
    for (let i = 0; i < 100 && received.length < count; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return received;
  };

  test("a given line goes as it is, but for its place-holders", async () => {
    await sender().send("<30>{date} {host} qulogd[1]: conn log: …");
    expect((await arrived(1))[0]).toMatch(/^<30>[A-Z][a-z]{2} [ \d]\d [\d:]{8} NAS qulogd\[1\]: conn log: …$/);
  });

  test("lines go on, at no more than twice the given rate", async () => {
    const begin = Date.now();
    await sender(60 * 100).run(() => received.length < 40);
    // a busy machine sends later, never earlier; timers may be a millisecond early
    expect(Date.now() - begin).toBeGreaterThan((40 - 1) * 4);
    expect((await arrived(40)).length).toBeLessThan(45);
  });
});
