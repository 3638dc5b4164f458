// The page of `grok serve`: sends what is edited to the server, and shows the results. Browsers run this file as it is.

/** Line breaks inside of a log, and what stands for them in the field of lines. */
const BREAKS = [
  ["\n", "⏎"],
  ["\r", "␍"],
];
/** Milliseconds without a change after which the page asks for the findings of `grok lint`. */
const PAUSE = 400;

const byId = (id) => document.getElementById(id);
const [match, support, lines, select] = ["match", "support", "lines", "parser"].map(byId);

const start = await (await fetch("pipeline")).json();
const parsers = start.parsers.map(({ matchRules, supportRules }) => ({ matchRules, supportRules }));

/** An element with texts and elements in it. */
function make(tag, className, ...content) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...content);
  return made;
}

const asLine = (log) => BREAKS.reduce((text, [lineBreak, sign]) => text.replaceAll(lineBreak, sign), log);
const asLog = (line) => BREAKS.reduce((text, [lineBreak, sign]) => text.replaceAll(sign, lineBreak), line);

/** The page as the server takes it. */
function edited() {
  const notBlank = lines.value.split("\n").filter((line) => line.trim() !== "");
  return { parsers, lines: notBlank.map(asLog) };
}

/** @throws Error with a text for the user */
async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("grok serve has ended: start it again, and copy your rules before you reload this page");
  }
  if (!response.ok) throw new Error((await response.text()).trim());
  return response.json();
}

let hasChanged = false;
let isBusy = false;
let pause;

/** Shows the results of the page. Changes that come while the server computes are sent together when it has answered. */
async function update() {
  clearTimeout(pause);
  hasChanged = true;
  if (isBusy) return;
  isBusy = true;
  while (hasChanged) {
    hasChanged = false;
    await showFrom("results", showResults);
  }
  isBusy = false;
  const hasErrors = byId("errors").childElementCount > 0;
  if (!hasErrors) pause = setTimeout(() => void showFrom("findings", showFindings), PAUSE);
}

async function showFrom(path, show) {
  try {
    show(await post(path, edited()));
  } catch (error) {
    byId("summary").textContent = error.message;
  }
}

function showList(id, texts) {
  byId(id).replaceChildren(...texts.map((text) => make("li", "", text)));
}

function showFindings(findings) {
  // Otherwise, the rules have changed since.
  if (!isBusy) showList("findings", findings);
}

/** The results that are shown, as JSON: only elements of results that differ are made again. */
let shown = [];

function showResults({ errors, lines: results }) {
  const list = byId("results");
  list.classList.toggle("old", errors.length > 0);
  showList("errors", errors);
  if (errors.length > 0) {
    showList("findings", []);
    byId("summary").textContent = "The rules have an error.";
    return;
  }
  const texts = results.map((result) => JSON.stringify(result));
  for (const [index, result] of results.entries()) {
    if (index >= list.children.length) list.append(rowOf(result));
    else if (texts[index] !== shown[index]) list.children[index].replaceWith(rowOf(result));
  }
  while (list.children.length > results.length) list.lastChild.remove();
  shown = texts;
  byId("summary").textContent = summaryOf(results);
}

function summaryOf(results) {
  const matched = results.filter(({ reads }) => reads.length > 0 && reads.every(({ rule }) => rule !== undefined));
  const tests = results.filter(({ differences }) => differences !== undefined);
  const passed = tests.filter(({ differences }) => differences.length === 0);
  const ofTests = tests.length === 0 ? "" : `, ${passed.length} of ${tests.length} tests pass`;
  return `${matched.length} of ${results.length} lines match${ofTests}`;
}

function rowOf({ reads, log, differences }) {
  const row = make("li", "");
  if (reads.length === 0) row.append(make("div", "bad", "no Grok parser reads this line"));
  for (const { where, source, rule, segments, stop } of reads) {
    const place = `${where}${source === "message" ? "" : `, of ${source}`}`;
    row.append(
      rule === undefined ? make("span", "bad", "no rule matches ") : make("span", "good", `rule ${rule} matches `),
      make("span", "place", place),
      rule === undefined ? make("pre", "stop", stop) : make("pre", "line", ...segments.map(partOf)),
    );
  }
  row.append(make("pre", "log place", log.join("\n")));
  if (differences?.length === 0) row.append(make("div", "good", "as the test expects"));
  else if (differences !== undefined)
    row.append(make("div", "bad", "not as the test expects"), make("pre", "bad", differences.join("\n")));
  return row;
}

function partOf({ text, paths }, index) {
  if (paths.length === 0) return text;
  const part = make("mark", index % 2 === 0 ? "" : "other", text);
  part.title = paths.join(", in ");
  return part;
}

function showParser() {
  const { matchRules, supportRules } = parsers[select.selectedIndex];
  match.value = matchRules;
  support.value = supportRules;
}

document.title = byId("name").textContent = `grok: ${start.name}`;
select.append(...start.parsers.map(({ where }) => make("option", "", where)));
byId("parsers").hidden = parsers.length < 2;
lines.value = start.lines.map(asLine).join("\n");
showParser();

match.addEventListener("input", () => {
  parsers[select.selectedIndex].matchRules = match.value;
  void update();
});
support.addEventListener("input", () => {
  parsers[select.selectedIndex].supportRules = support.value;
  void update();
});
lines.addEventListener("input", update);
select.addEventListener("change", showParser);
let isEdited = false;
addEventListener("input", () => (isEdited = true));
await update();
// A reload loses what was typed.
addEventListener("beforeunload", (event) => {
  if (isEdited) event.preventDefault();
});
