import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { plainProgress } from "../../base/progress";
import { lower } from "../../hosts/lower";
import { needNetwork, otherLabs } from "../../hosts/network";
import { keptSubnet } from "../../hosts/subnet";
import { scratchFolder, scratchPlace } from "../scratch";

const path = process.env["PATH"];
afterEach(() => {
  process.env["PATH"] = path;
});

/** Puts a `docker` first on PATH that does what the cases of the script say, and nothing else; gives its calls. */
function fakeDocker(cases: string): () => string[] {
  const folder = scratchFolder();
  const calls = join(folder, "calls");
  writeFileSync(
    join(folder, "docker"),
    `#!/bin/sh\necho "$*" >>${calls}\ncase "$*" in\n${cases}\n"version "*) echo 29.0 ;;\nesac\n`,
    { mode: 0o755 },
  );
  process.env["PATH"] = [folder, path].join(delimiter);
  return () => readFileSync(calls, "utf8").trim().split("\n");
}

/** No machine routes it: it is for documentation. */
const subnet = { prefix: "203.0.113." };
const noNetwork = `"network inspect "*) exit 1 ;;`;

test("the other labs are the checkouts on the networks' labels that exist, but for this one", async () => {
  const place = scratchPlace();
  fakeDocker(`"network ls "*) printf '/usr\\n${place.root}\\n/var\\n/removed/checkout\\n' ;;`);
  expect(await otherLabs(place)).toEqual(["/usr", "/var"]);
  fakeDocker("");
  expect(await otherLabs(place)).toEqual([]);
});

test("a new lab's network is made, and its subnet kept", async () => {
  const place = scratchPlace();
  const calls = fakeDocker(noNetwork);
  expect(await needNetwork(place, subnet, "203.0.113.140")).toBe("203.0.113.0/24, created");
  expect(calls().at(-1)).toContain(`--label ${place.label} --subnet 203.0.113.0/24`);
  expect(keptSubnet(place)).toBe("203.0.113.0/24");
});

test("the second of two labs that want one subnet is told so, and may choose another", async () => {
  const place = scratchPlace();
  fakeDocker(
    `${noNetwork}\n"network create "*) echo 'Error response: invalid pool request: Pool overlaps with other one' >&2; exit 1 ;;`,
  );
  await expect(needNetwork(place, subnet, "203.0.113.140")).rejects.toMatchObject({
    name: "LabError",
    message: "the lab's network 203.0.113.0/24 is another network of Docker's by now",
    remedy: expect.stringContaining("LAB_SUBNET=a.b.c.0/24 npm run lab"),
  });
  expect(keptSubnet(place)).toBeUndefined();
});

test("any other failure of Docker's is shown as it is", async () => {
  fakeDocker(`${noNetwork}\n"network create "*) echo 'permission denied' >&2; exit 1 ;;`);
  await expect(needNetwork(scratchPlace(), subnet, "203.0.113.140")).rejects.toMatchObject({
    message: expect.stringContaining("docker network create"),
    details: "permission denied",
  });
});

describe("taking a lab down beside another one", () => {
  const other = `"network ls "*"--format"*) echo /opt ;;`;
  const said: string[] = [];
  const progress = plainProgress((line) => said.push(line.replace(/^\[.*?\] /, "").trim()));

  test("the Docker that this lab has started goes on", async () => {
    const place = scratchPlace();
    mkdirSync(place.folder);
    writeFileSync(join(place.folder, "dockerd.pid"), "1\n");
    fakeDocker(other);
    await lower(place, progress);
    expect(said.join("\n")).toContain("Docker: goes on: it is that of another lab as well (/opt)");
    expect(readFileSync(join(place.folder, "dockerd.pid"), "utf8")).toBe("1\n");
  });

  test("--purge is refused before anything is removed", async () => {
    const place = scratchPlace();
    mkdirSync(place.folder);
    const calls = fakeDocker(other);
    await expect(lower(place, progress, { purge: true })).rejects.toMatchObject({
      name: "LabError",
      message: "down --purge would take the images and builds that another lab stands on: /opt",
    });
    expect(calls().filter((call) => call.includes(" rm "))).toEqual([]);
  });
});
