import { type Attributes, textOf } from "../attributes";

/** Patterns of browsers, the more specific ones first. Group 1 is the version. */
const BROWSERS: readonly [RegExp, string][] = [
  [/via ggpht\.com GoogleImageProxy/, "GmailImageProxy"],
  [/\b(?:Edg|Edge|EdgA|EdgiOS)\/(\d[\d.]*)/, "Edge"],
  [/\bOPR\/(\d[\d.]*)/, "Opera"],
  [/\bSamsungBrowser\/(\d[\d.]*)/, "Samsung Internet"],
  [/\bFxiOS\/(\d[\d.]*)/, "Firefox iOS"],
  [/\bCriOS\/(\d[\d.]*)/, "Chrome Mobile iOS"],
  [/\bHeadlessChrome\/(\d[\d.]*)/, "HeadlessChrome"],
  [/ Chrome\/(\d[\d.]*) Mobile\b/, "Chrome Mobile"],
  [/ Chrome\/(\d[\d.]*)/, "Chrome"],
  [/Firefox\/(\d[\d.]*)/, "Firefox"],
  [/\bVersion\/(\d[\d.]*).*Mobile.*Safari\//, "Mobile Safari"],
  [/\bVersion\/(\d[\d.]*).*Safari\//, "Safari"],
  [/\bMSIE[ +](\d[\d.]*)/, "IE"],
  [/\bTrident\/[^()]{0,300}\brv:(\d[\d.]*)/, "IE"],
  [/\bpython-requests\/(\d+\.\d+)/, "Python Requests"],
  [/\bcurl\/(\d[\d.]*)/, "curl"],
  [/\bWget\/(\d[\d.]*)/, "Wget"],
  [/\bGo-http-client\/(\d[\d.]*)/, "Go-http-client"],
  [/\binsomnia\/(\d[\d.]*)/, "insomnia"],
  [/\bPostmanRuntime\/(\d[\d.]*)/, "PostmanRuntime"],
  [/\bokhttp\/(\d[\d.]*)/, "okhttp"],
];

const WINDOWS: Record<string, string> = {
  "10.0": "10",
  "6.3": "8.1",
  "6.2": "8",
  "6.1": "7",
  "6.0": "Vista",
  "5.2": "XP",
  "5.1": "XP",
  "5.0": "2000",
};

/** The rest of a longer header is ignored. */
const LONGEST = 1000;

/** Browser, device and operating system of a User-Agent header, with the names of the ua-parser project. */
export function userAgent(header: string): Attributes {
  const text = header.slice(0, LONGEST);
  const os = operatingSystem(text);
  const desktop = /^(Windows|Linux|Mac OS X|Chrome OS|Ubuntu|Fedora)$/.test(textOf(os.family ?? ""));
  const mobile = /^(iOS|Android)$/.test(textOf(os.family ?? ""));
  let device: Attributes = { category: desktop ? "Desktop" : "Other", family: "Other" };
  if (os.family === "Mac OS X") device = { ...device, family: "Mac", brand: "Apple", model: "Mac" };
  else if (os.family === "iOS") {
    const model = /iPad/.test(text) ? "iPad" : "iPhone";
    device = { category: model === "iPad" ? "Tablet" : "Mobile", family: model, brand: "Apple", model };
  } else if (mobile) device.category = "Mobile";
  return { browser: browser(text), device, os };
}

function browser(text: string): Attributes {
  for (const [regex, family] of BROWSERS) {
    const found = regex.exec(text);
    if (found !== null) return { family, ...versions(found[1], ["major", "minor", "patch", "patch_minor"]) };
  }
  return { family: "Other" };
}

function operatingSystem(text: string): Attributes {
  const windows = /Windows ?NT ?(\d+\.\d+)/.exec(text);
  if (windows !== null && / NT /.test(text)) return { family: "Windows", major: WINDOWS[windows[1]!] ?? windows[1]! };
  if (windows !== null) return { family: "Windows", major: "NT" };
  const older = /Windows[ +](95|98|2000|XP|ME)|Win(95|98)/.exec(text);
  if (older !== null) return { family: "Windows", major: older[1] ?? older[2]! };
  const ios = /(?:iPhone OS|CPU OS) (\d+[\d_]*)/.exec(text);
  if (ios !== null) return { family: "iOS", ...versions(ios[1], ["major", "minor", "patch"]) };
  const mac = /Mac OS X (\d+[\d_.]*)/.exec(text);
  if (mac !== null) return { family: "Mac OS X", ...versions(mac[1], ["major", "minor", "patch"]) };
  const android = /Android (\d[\d.]*)/.exec(text);
  if (android !== null) return { family: "Android", ...versions(android[1], ["major", "minor", "patch"]) };
  if (/\bCrOS\b/.test(text)) return { family: "Chrome OS" };
  if (/Ubuntu/.test(text)) return { family: "Ubuntu" };
  return { family: /linux/i.test(text) ? "Linux" : "Other" };
}

function versions(text: string | undefined, names: readonly string[]): Attributes {
  const numbers = (text ?? "").split(/[._]/).filter((part) => part !== "");
  return Object.fromEntries(numbers.slice(0, names.length).map((number, index) => [names[index]!, number]));
}
