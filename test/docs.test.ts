import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { defaults as controlPlane } from "../components/control-plane/defaults";
import { endOfSupport, supportedMinors } from "../components/control-plane/releases";
import { defaults as haproxyPair } from "../components/haproxy-pair/defaults";
import { trustedFile } from "../components/datadog-agent";
import { checks, retries } from "../components/haproxy-pair/haproxy";
import { kubernetesVersion, releases } from "../lab/artefacts/versions";
import { defaultBound } from "../lab/drill/faults/fault";

// The documents name files, folders and commands of the project, paths on hosts, defaults and versions. Each must exist.

const root = join(__dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)));
const documents = files.filter((path) => /^((grok|lab)\/README|README|CONTRIBUTING|docs\/[^/]+)\.md$/.test(path));
/** The sources of everything that the project writes on hosts and in its own folders. */
const sources = files
  .filter(
    (path) => /^(components|host|settings|operate|provider|lab)\/(?!test\/)/.test(path) && extname(path) !== ".md",
  )
  .map(read)
  .join("\n");

/** The texts between backticks, outside of code blocks. */
function spansOf(document: string): string[] {
  const text = read(document).replace(/```[^]*?```/g, "");
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
}

const each = (find: (document: string) => string[]) =>
  documents.flatMap((document) => find(document).map((what) => `${document}: ${what}`));

test("there are documents to check", () => expect(documents.length).toBeGreaterThan(8));

test("every file and folder of the project that a document names exists", () => {
  const isPath = (span: string) =>
    /^[\w.-]+(\/[\w.-]+)*\/?$/.test(span) && /\/|\.(ts|sh|go|md|ya?ml|json|[cm]js)$/.test(span);
  // a folder of sources, or a file of code, is the project's own
  const ours = (span: string) =>
    readdirSync(root).includes(span.split("/")[0] ?? "") || !span.includes("/") || /(\/|\.(ts|sh|go))$/.test(span);
  // files of the user's own project, of a host or of an archive
  const others = ["daemon.json", "known_hosts", "about.json", "kubeadm.yaml", "last.json"];
  const missing = (document: string) =>
    spansOf(document)
      .filter((span) => isPath(span) && ours(span) && !span.startsWith(".") && !others.includes(span))
      .filter((span) => ![root, join(root, dirname(document))].some((folder) => existsSync(join(folder, span))))
      .filter((span) => !files.some((path) => path.endsWith(`/${span}`)));
  expect(each(missing)).toEqual([]);
});

test("every link inside the project leads to a file", () => {
  const broken = (document: string) =>
    [...read(document).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !existsSync(join(root, dirname(document), target)));
  expect(each(broken)).toEqual([]);
});

test("every path on a host that a document names is in the code", () => {
  const unknown = (document: string) =>
    spansOf(document)
      .filter((span) => /^\/(etc|run|var|usr|opt|root)\/[\w./@-]+$/.test(span))
      .map((span) => span.replace(/\/$/, ""))
      .filter((span) => {
        const parts = [dirname(span), basename(span).replace(/\.\w+$/, "")];
        return !sources.includes(span) && !parts.every((part) => sources.includes(part));
      });
  expect(each(unknown)).toEqual([]);
});

test("every path of kube-control on a host, in a document or an example, is in the code", () => {
  const unknown = (document: string) =>
    [...read(document).matchAll(/\/(?:run|var)\/[\w./-]*kube-control(?:\/[\w./-]*\w)?(?![\w-])/g)]
      .map(([path]) => path)
      .filter((path) => !sources.includes(path));
  expect(each(unknown)).toEqual([]);
  const found = documents.flatMap((document) => read(document).match(/\/run\/kube-control\/(lock|owner)/g) ?? []);
  expect(found.length).toBeGreaterThan(1);
});

test("every port that a document names is in the code", () => {
  // VXLAN, which pod networks of the user may use
  const others = ["8472"];
  const unknown = (document: string) =>
    [...read(document).matchAll(/(?:\b(?:tcp|udp|port) |[\w\]]:)(\d{2,5})\b(?![-.:\d])/gi)]
      .map(([, port = ""]) => port)
      .filter((port) => !others.includes(port))
      .filter((port) => !new RegExp(`\\b${port.slice(0, -3)}_?${port.slice(-3)}\\b`).test(sources));
  expect(each(unknown)).toEqual([]);
});

test("no command of a document writes a secret to a file that others may read", () => {
  const lines = documents.flatMap((document) =>
    read(document)
      .split("\n")
      .map((line) => `${document}: ${line.trim()}`),
  );
  const writing = lines.filter((line) =>
    /(--show-secrets|stack export|kubeconfig|admin\.conf|pki)\b.*[^-=]>>?\s*[~./\w]/.test(line),
  );
  expect(writing.length).toBeGreaterThan(2);
  expect(writing.filter((line) => !line.includes("(umask 077 && "))).toEqual([]);
  const states = lines.filter((line) => line.includes("pulumi login file:"));
  expect(states.length).toBeGreaterThan(1);
  expect(states.filter((line) => !line.includes("mkdir -m 700 "))).toEqual([]);
});

test("every npm script that a document names is in package.json", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const unknown = (document: string) =>
    [...read(document).matchAll(/npm run (?:--silent )?([\w:]+)/g)]
      .map(([, script = ""]) => script)
      .filter((script) => !(script in scripts));
  expect(each(unknown)).toEqual([]);
});

test("README's tables have the packages' versions, and a reason for every dependency", () => {
  const all = ["package.json", "grok/package.json", "lab/package.json"].map((path) => {
    const { dependencies, devDependencies } = JSON.parse(read(path)) as Record<string, Record<string, string>>;
    return { ...dependencies, ...devDependencies };
  });
  const said = [...read("README.md").matchAll(/((?:@[\w-]+\/)?[\w.-]+) (\d+\.\d+\.\d+)(?=[,| ])/g)];
  const table = Object.fromEntries(said.map(([, name, version]) => [name, version]));
  expect(table).toMatchObject(Object.assign({}, ...all) as Record<string, string>);
});

test.each([
  ["docs/failover.md", `timeout connect ${haproxyPair.connectTimeout}\`, \`retries ${retries}\``],
  ["docs/failover.md", `inter ${haproxyPair.checkInterval} fastinter ${checks.fastInterval} fall ${checks.fall}\``],
  ["docs/failover.md", `\`fall ${checks.fallOfOne}\` where the list has one server`],
  ["docs/failover.md", `timeout check ${checks.patience}`],
  ["docs/failover.md", `127.0.0.1:${haproxyPair.healthPort}`],
  ["docs/failover.md", `\`maxconn ${haproxyPair.maxConnections}\` (\`maxConnections\`) in \`listen\``],
  ["docs/failover.md", `\`advert_int ${haproxyPair.advertInterval[3]}\``],
  ["docs/datadog.md", `\`${trustedFile}\` in the container`],
  ["docs/drill.md", `bound (${defaultBound / 1000} s;`],
  ["docs/real-hosts.md", `The default is ${controlPlane.version}.`],
  ["docs/lab.md", `A lab serves v${kubernetesVersion}.`],
  ...releases.map(({ kubernetes }): [string, string] => ["docs/lab.md", `v${kubernetes}`]),
  ["docs/real-hosts.md", `The lab and the end-to-end test run v${kubernetesVersion}.`],
])("%s says %s, as the code does", (document, text) => expect(read(document)).toContain(text));

test("the documents have the code's supported Kubernetes versions and ends of support", () => {
  const rows = [...read("docs/real-hosts.md").matchAll(/^\| v1\.(\d+) +\| (\S+) +\| (.*?) +\|$/gm)];
  expect(Object.fromEntries(rows.map(([, minor, end]) => [minor, end]))).toEqual(endOfSupport);
  const built = rows.filter(([, , , what]) => what?.startsWith("new clusters")).map(([, minor]) => Number(minor));
  expect(built.sort()).toEqual([...supportedMinors]);
  const [newest = "", ...others] = supportedMinors.map((minor) => `v1.${minor}`).reverse();
  expect(read("README.md")).toContain(`${others.reverse().join(", ")} or ${newest}`);
});

test("docs/datadog.md has the numbers of pipelines and samples in the corpus", () => {
  const pipelines = readdirSync(join(root, "grok/corpus/datadog")).filter((name) => name.endsWith(".json"));
  const samples = pipelines.map((name) => {
    const { tests } = JSON.parse(read(`grok/corpus/datadog/${name}`)) as { tests: unknown[] };
    return tests.length;
  });
  const count = samples.reduce((sum, one) => sum + one, 0);
  expect(read("docs/datadog.md")).toContain(
    `Of ${count} samples of Datadog's own integrations (${pipelines.length} pipelines)`,
  );
});
