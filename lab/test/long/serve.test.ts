import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { scratchFolder } from "../scratch";

// The page of `grok serve` in Debian's chromium (apt-get install chromium). SCREENSHOT=FILE.png writes the picture of grok/README.md.

const chromium = "/usr/bin/chromium";

/** Five rules, the last of which matches most of the lines. */
const match_rules = `start %{date("yyyy-MM-dd HH:mm:ss"):date} %{word:door} start %{data:reason}
alarm %{date("yyyy-MM-dd HH:mm:ss"):date} %{word:door} ALARM %{notSpace:code} %{data:reason}
battery %{date("yyyy-MM-dd HH:mm:ss"):date} %{word:door} battery %{number:percent}\\%
denied %{date("yyyy-MM-dd HH:mm:ss"):date} %{word:door} denied %{word:user} from %{ip:network.client.ip}
opened %{date("yyyy-MM-dd HH:mm:ss"):date} %{word:door} %{word:action} %{word:user} from %{ip:network.client.ip} in %{integer:duration:scale(1000000)}ms`;
/** A hundred lines; no rule matches the last ten. */
const hundred = {
  name: "Hundred",
  processors: [
    {
      type: "grok-parser",
      name: "Doors",
      source: "message",
      grok: { match_rules },
      samples: Array.from({ length: 100 }, (_, index) => {
        const second = String(index % 60).padStart(2, "0");
        return `2026-11-24 07:30:${second} front ${index < 90 ? "opened" : "left by"} user${index} from 192.0.2.${index} in ${index}ms`;
      }),
    },
  ],
};

if (!existsSync(chromium)) {
  test.skip("the page of grok serve: chromium is not installed", () => undefined);
} else
  describe("the page of grok serve in a browser", () => {
    let browser: Browser;
    let page: Page;
    let command: ChildProcess;
    /** Requests of the page, and errors in it. */
    let requests: string[];
    let errors: string[];

    beforeAll(async () => {
      // chromium's sandbox refuses root
      const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
      browser = await puppeteer.launch({ executablePath: chromium, args });
    });
    afterAll(() => browser.close());
    afterEach(async () => {
      await page.close();
      command.kill();
      expect(await once(command, "exit")).toEqual([0, null]);
    });

    /** Opens the page of a pipeline, or the example; returns its address. */
    async function open(pipeline?: object): Promise<string> {
      const args = ["--import", "tsx", resolve(__dirname, "../../../grok/cli.ts"), "serve"];
      if (pipeline !== undefined) {
        const file = join(scratchFolder(), "pipeline.json");
        writeFileSync(file, JSON.stringify(pipeline));
        args.push(file);
      }
      const run = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      command = run;
      const [line] = (await once(run.stdout.setEncoding("utf8"), "data")) as [string];
      const [url = ""] = line.split("\n");
      [requests, errors] = [[], []];
      page = await browser.newPage();
      await page.setViewport({ width: 1100, height: 640 });
      page.on("request", (request) => requests.push(request.url()));
      page.on("console", (message) => errors.push(message.text()));
      page.on("pageerror", (error) => errors.push(String(error)));
      await page.goto(url);
      await page.waitForSelector("#results > li");
      return url;
    }
    const textOf = (selector: string) => page.$eval(selector, ({ textContent }) => textContent);
    const shows = (selector: string, text: string) =>
      page.waitForFunction(
        `document.querySelector(${JSON.stringify(selector)})?.textContent.includes(${JSON.stringify(text)})`,
      );
    /** Replaces the text of a field by typing. */
    async function type(selector: string, text: string): Promise<void> {
      await page.click(selector);
      await page.keyboard.down("Control");
      await page.keyboard.press("a");
      await page.keyboard.up("Control");
      await page.keyboard.type(text);
    }

    test("shows matches, captures and where matching stops, and loads nothing from elsewhere", async () => {
      const url = await open();
      expect(await textOf("#summary")).toBe("2 of 3 lines match");
      const captures = await page.$$eval("#results > li:first-child mark", (marks) =>
        marks.map(({ title, textContent }) => [title, textContent]),
      );
      expect(captures).toEqual([
        ["date", "2026-11-24 07:30:00"],
        ["user", "anna"],
        ["door", "front"],
      ]);
      expect(await textOf("#results > li:nth-child(2) .stop")).toContain(
        '^\ncolumn 25: rule opened (column 21) expected " opened "',
      );
      expect(requests.filter((each) => !each.startsWith(url) && !each.startsWith("data:"))).toEqual([]);
      expect(errors).toEqual([]);
      const { SCREENSHOT: path } = process.env;
      if (path !== undefined) {
        await page.waitForNetworkIdle();
        await page.screenshot({ path: path });
      }
    });

    test("follows what is typed, and keeps the results while a rule has an error", async () => {
      await open();
      await type("#match", "closed %{time} %{word:user} closed %{word:door");
      await shows("#errors", "rule closed, column ");
      expect(await page.$eval("#results", ({ className }) => className)).toBe("old");
      await page.waitForNetworkIdle();
      expect(await textOf("#findings")).toBe("");
      await page.keyboard.type("}");
      await shows("#summary", "1 of 3 lines match");
      expect(await textOf("#errors")).toBe("");
      expect(await page.$eval("#results", ({ className }) => className)).toBe("");
      await type("#lines", "2026-11-24 07:32:00 eve closed side");
      await shows("#results", 'custom.user: "eve"');
      expect(await textOf("#summary")).toBe("1 of 1 lines match");
      await type("#match", "any %{data:all}\nnever %{data:all}");
      await shows("#findings", "error: ");
      expect(await textOf("#findings")).toContain("rule never");
      expect(errors).toEqual([]);
    });

    test("edits each parser of the pipeline, and logs with line breaks", async () => {
      const parser = (name: string, source: string, match_rules: string, ...samples: string[]) => {
        return { type: "grok-parser", name, source, grok: { match_rules }, samples };
      };
      const first = parser("First", "message", "first first\\s+%{data:rest}", "first\r\nsecond");
      await open({ name: "Two", processors: [first, parser("Second", "rest", "a b")] });
      expect(await page.$eval("#lines", (field) => (field as any).value)).toBe("first␍⏎second");
      expect(await textOf("#summary")).toBe("0 of 1 lines match");
      await page.select("#parser", "pipeline Two, processor 2 (Second)");
      await type("#match", "both second");
      await shows("#summary", "1 of 1 lines match");
      await page.select("#parser", "pipeline Two, processor 1 (First)");
      expect(await page.$eval("#match", (field) => (field as any).value)).toBe("first first\\s+%{data:rest}");
      expect(errors).toEqual([]);
    });

    test("shows markup in lines and rules as text", async () => {
      await open();
      const markup = "<img src=x onerror=alert(1)>";
      await type("#lines", markup);
      await shows("#results", markup);
      await type("#match", `${markup} x`);
      await shows("#errors", "img");
      expect(await page.$$("#results img, #errors img")).toEqual([]);
    });

    test("another website can neither read the page nor show it in a frame", async () => {
      const url = await open();
      const other: Server = createServer((_request, response) =>
        response.setHeader("Content-Type", "text/html").end(`<iframe src="${url}"></iframe>`),
      );
      await once(other.listen(0, "127.0.0.1"), "listening");
      await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
      const read = await page.evaluate(`fetch("${url}pipeline").then(() => "read", () => "refused")`);
      const sent = await page.evaluate(
        `fetch("${url}results", { method: "POST", mode: "no-cors", body: "{}" }).then(() => "sent", () => "refused")`,
      );
      expect([read, sent]).toEqual(["refused", "refused"]);
      const frame = page.frames().find((each) => each !== page.mainFrame());
      expect(await frame?.$("#results")).toBeNull();
      other.closeAllConnections();
      other.close();
    });

    test("shows the results of 100 lines as fast as one types", async () => {
      await open(hundred);
      expect(await textOf("#summary")).toBe("90 of 100 lines match");
      // From the event until the results are painted, for each character of a change in the last rule.
      const times = (await page.evaluate(`(async () => {
        const field = document.getElementById("match");
        const summary = document.getElementById("summary");
        const rules = field.value;
        const times = [];
        for (let turn = 0; turn < 40; turn++) {
          const changed = turn % 2 === 0 ? rules.replace("scale(1000000)", "scale(" + (turn + 1) + ")") : rules;
          const painted = new Promise((done) => {
            const observer = new MutationObserver(() => {
              observer.disconnect();
              requestAnimationFrame(() => setTimeout(done));
            });
            observer.observe(summary, { childList: true });
          });
          const begin = performance.now();
          field.value = changed;
          field.dispatchEvent(new InputEvent("input", { bubbles: true }));
          await painted;
          times.push(performance.now() - begin);
        }
        return times;
      })()`)) as number[];
      expect(await textOf("#results")).toContain("custom.duration");
      times.sort((a, b) => a - b);
      const [median = 0, worst = 0] = [times[times.length / 2], times.at(-1)];
      console.log(`100 lines are updated in ${median.toFixed(0)} ms (median of 40), ${worst.toFixed(0)} ms at most`);
      expect(median).toBeLessThan(500);
    });
  });
