import { htmlReport } from "../../drill/report/html";
import { markup } from "../../drill/report/markup";
import { lineOf, rowsOf, tableOf, titles } from "../../drill/report/table";
import type { Trial } from "../../drill/trial";
import { fault, seen, steady, trialOf } from "./trials";

const watched = seen("watch", -900, { subject: "0", what: "open" });

/** A trial with a blackout of new connections after the fault. */
function blackout(milliseconds: number, more: Partial<Trial> = {}): Trial {
  const failures = steady("connect", 20, 20, milliseconds - 20).map((event) => ({
    ...event,
    error: "connection refused",
  }));
  return trialOf(
    [...steady("connect", 20, -1000, 1), ...failures, ...steady("connect", 20, milliseconds, 9000), watched],
    more,
  );
}

const cellsOf = (trials: readonly Trial[], title: string) =>
  rowsOf(trials).map(({ cells }) => cells[titles.indexOf(title)]);

describe("the table", () => {
  test("shows the median and the worst of a fault's trials", () => {
    const trials = [400, 300, 2000].map((gap) => blackout(gap));
    expect(cellsOf(trials, "new: blackout s")).toEqual([{ text: "0.40 / 2.00", severity: "hurts" }]);
  });

  test("shows one figure if the median is the worst", () => {
    expect(cellsOf([blackout(400), blackout(400)], "new: blackout s")).toEqual([{ text: "0.40", severity: "noticed" }]);
  });

  test("shows a dash without a figure", () => {
    const trials = [trialOf([watched], { after: undefined })];
    expect(cellsOf(trials, "leases s")).toEqual([{ text: "-" }]);
    expect(cellsOf(trials, "recovery: blackout s")).toEqual([{ text: "-" }]);
    expect(cellsOf(trials, "out s")).toEqual([{ text: "-" }]);
  });

  test("leaves trials without a figure out of the median", () => {
    const renewed = seen("lease", 700, { subject: "a", renewed: fault + 500 });
    expect(cellsOf([trialOf([]), trialOf([renewed])], "leases s")).toEqual([{ text: "0.50", severity: "fine" }]);
  });

  test("shows a silent watch, and so does the trial's line", () => {
    const trial = trialOf([watched, ...steady("write", 100, -1000, 9000)]);
    expect(cellsOf([trial], "silent s")[0]).toMatchObject({ text: "5.00" });
    expect(lineOf(trial)).toContain("open and silent 5.00 s");
  });

  test("has a row for each fault in the order of first trials, and aligned columns", () => {
    const trials = [blackout(400), blackout(300, { fault: "dns-down" }), blackout(350)];
    const lines = tableOf(trials).split("\n");
    expect(
      lines.slice(2).map((line) =>
        line
          .split("|")
          .slice(1, 3)
          .map((cell) => cell.trim()),
      ),
    ).toEqual([
      ["holder-killed", "2"],
      ["dns-down", "1"],
    ]);
    expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
  });
});

describe("the page", () => {
  const hostile = `<script src="//x"></script>"'&`;

  test("escapes all texts", () => {
    const page = htmlReport([
      trialOf(
        [
          ...steady("connect", 20, -1000, 8000),
          seen("connect", 10, { took: 5, error: hostile }),
          seen("watch", -900, { subject: hostile, what: "open" }),
          seen("watch", 100, { subject: hostile, what: "end", error: hostile }),
          seen("holder", -900, { subject: hostile, state: "yes" }),
          seen("arp", -900, { state: "<mac> </mac>" }),
          seen("server", -900, { subject: hostile, what: hostile, state: hostile }),
          seen("lease", 10, { subject: hostile, renewed: fault + 5 }),
        ],
        { title: hostile, targets: hostile, fault: hostile },
      ),
    ]);
    expect(page).not.toMatch(/<script|<mac>|<\/mac>/);
    expect(page).toContain("&#60;script");
    // without the tags, no quote and no angle bracket remains: no text left its attribute
    expect(page.replace(/<style>[^]*<\/style>/, "").replace(/<[a-z/!][^<>]*>/gi, "")).not.toMatch(/[<>"]/);
  });

  test("has a section for each fault, with the worst trial open and the others folded", () => {
    const page = htmlReport([blackout(300), blackout(2000), blackout(700), blackout(100, { fault: "dns-down" })]);
    const sections = page.split("<section ").slice(1);
    expect(sections.map((section) => /^id="([^"]*)"/.exec(section)?.[1])).toEqual([
      "fault-holder-killed",
      "fault-dns-down",
    ]);
    expect(sections[0]).toMatch(/Trial 2 of 3, the worst/);
    expect([...sections[0]!.matchAll(/<summary>(Trial \d)/g)].map(([, which]) => which)).toEqual([
      "Trial 3",
      "Trial 1",
    ]);
    for (const id of ["fault-holder-killed", "fault-dns-down"]) expect(page).toContain(`href="#${id}"`);
  });

  test("needs no network and no script", () => {
    const page = htmlReport([blackout(300)]);
    expect(page).not.toMatch(/https?:|<script|<link|<img|<iframe|@import|\bon\w+=|(?:src|href)="(?!#)|url\((?!#)/i);
    expect(page).toContain("default-src 'none'");
  });

  test("has labels and numbers for what it draws", () => {
    const page = htmlReport([blackout(700)]);
    expect(page).toContain("no success\n+0.001 s to +0.701 s (700 ms)");
    expect(page).toMatch(/\d+ failed: connection refused\n[^<]*\n\+0\.020 s to /);
    for (const text of ["fault", "recovery +5.000 s", "steady state +8.000 s", "New connections", "Watch 0"]) {
      expect(page).toContain(`>${text}<`);
    }
  });

  test("places bars in per cent of the time from 1 s before the fault to the last event", () => {
    const page = htmlReport([trialOf([seen("lookup", 1500, { took: 3000 }), seen("lookup", -5000, { took: 9 })])]);
    // 1 s before the fault, 8 s until the steady state
    expect(page).toMatch(/class="slow" style="left:27\.778%;width:33\.333%"/);
    expect(page).not.toContain(`class="ok" style="left:-`);
    expect(page).toMatch(/class="fault" id="[^"]*" style="left:11\.111%;width:1\.111%"/);
    expect(page).toMatch(/class="scale" style="left:11\.111%;width:0\.000%">0\.00</);
  });

  test("marks the time with two holders of the virtual IP", () => {
    const holds = (at: number, subject: string, state: string) => seen("holder", at, { subject, state });
    const page = htmlReport([trialOf([holds(-900, "lb1", "yes"), holds(100, "lb2", "yes"), holds(400, "lb1", "no")])]);
    expect(page.match(/two at once: lb1 and lb2\n\+0\.100 s to \+0\.400 s \(300 ms\)/g)).toHaveLength(2);
    expect(page).toContain("lb2\n+0.400 s to +8.000 s");
  });

  test("stays small with many events", () => {
    const busy = trialOf([...steady("connect", 20, -1000, 120_000), ...steady("request", 20, -1000, 120_000)], {
      steadyAt: fault + 120_000,
    });
    expect(htmlReport([busy]).length).toBeLessThan(150_000);
  });

  test("is valid without trials, and for a trial without events", () => {
    expect(htmlReport([])).toContain("0 trials");
    expect(htmlReport([trialOf([])])).toContain("<section");
    expect(htmlReport([trialOf([])])).not.toMatch(/NaN|Infinity|undefined/);
  });
});

test("a template inserts markup unchanged and escapes other values", () => {
  const inner = markup`<b>${"<&>"}</b>`;
  expect(markup`<p title="${'"'}">${[inner, inner]}${undefined}${1}</p>`.source).toBe(
    '<p title="&#34;"><b>&#60;&#38;&#62;</b><b>&#60;&#38;&#62;</b>1</p>',
  );
});
