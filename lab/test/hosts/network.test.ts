import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { plainProgress } from "../../base/progress";
import { destroyLab } from "../../hosts/destroy";
import { ensureNetwork, otherLabs } from "../../hosts/network";
import { savedSubnet } from "../../hosts/subnet";
import { scratchFolder, scratchPlace } from "../scratch";

const path = process.env["PATH"];
afterEach(() => {
  process.env["PATH"] = path;
});

/** Puts a fake `docker` first on PATH, which runs the given cases; returns a function that reads its calls. */
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

/** A network for documentation, to which no machine has a route. */
const subnet = { prefix: "203.0.113." };
const noNetwork = `"network inspect "*) exit 1 ;;`;

test("the other labs are the existing checkouts in the networks' labels, without this one", async () => {
  const place = scratchPlace();
  fakeDocker(`"network ls "*) printf '/usr\\n${place.root}\\n/var\\n/removed/checkout\\n' ;;`);
  expect(await otherLabs(place)).toEqual(["/usr", "/var"]);
  fakeDocker("");
  expect(await otherLabs(place)).toEqual([]);
});

test("a new lab's network is created, and its subnet recorded", async () => {
  const place = scratchPlace();
  const calls = fakeDocker(noNetwork);
  expect(await ensureNetwork(place, subnet, "203.0.113.140")).toBe("203.0.113.0/24, created");
  expect(calls().at(-1)).toContain(`--label ${place.label} --subnet 203.0.113.0/24`);
  expect(savedSubnet(place)).toBe("203.0.113.0/24");
});

test("the second lab in a subnet is refused, records nothing, and can choose another one", async () => {
  const place = scratchPlace();
  fakeDocker(
    `${noNetwork}\n"network create "*) echo 'Error response: invalid pool request: Pool overlaps with other one' >&2; exit 1 ;;`,
  );
  await expect(ensureNetwork(place, subnet, "203.0.113.140")).rejects.toMatchObject({
    name: "LabError",
    message: "the lab's network 203.0.113.0/24 overlaps another network of Docker",
    remedy: expect.stringContaining("LAB_SUBNET=a.b.c.0/24 npm run lab"),
  });
  expect(savedSubnet(place)).toBeUndefined();
});

test("any other failure of Docker is shown with its output", async () => {
  fakeDocker(`${noNetwork}\n"network create "*) echo 'permission denied' >&2; exit 1 ;;`);
  await expect(ensureNetwork(scratchPlace(), subnet, "203.0.113.140")).rejects.toMatchObject({
    message: expect.stringContaining("docker network create"),
    details: "permission denied",
  });
});

describe("`down` beside another lab", () => {
  const other = `"network ls "*"--format"*) echo /opt ;;`;
  const said: string[] = [];
  const progress = plainProgress((line) => said.push(line.replace(/^\[.*?\] /, "").trim()));

  test("does not stop the Docker that this lab started", async () => {
    const place = scratchPlace();
    mkdirSync(place.folder);
    writeFileSync(join(place.folder, "dockerd.pid"), "1\n");
    fakeDocker(other);
    await destroyLab(place, progress);
    expect(said.join("\n")).toContain("Docker: still runs: another lab uses it (/opt)");
    expect(readFileSync(join(place.folder, "dockerd.pid"), "utf8")).toBe("1\n");
  });

  test("with --purge is refused before anything is removed", async () => {
    const place = scratchPlace();
    mkdirSync(place.folder);
    const calls = fakeDocker(other);
    await expect(destroyLab(place, progress, { purge: true })).rejects.toMatchObject({
      name: "LabError",
      message: "down --purge would remove the images and builds that another lab uses: /opt",
    });
    expect(calls().filter((call) => call.includes(" rm "))).toEqual([]);
  });
});
