import { mkdirSync, statSync } from "node:fs";
import { saveDebian } from "../../base/place";
import { ensureSecrets } from "../../hosts/secrets";
import { saveSubnet, parseSubnet } from "../../hosts/subnet";
import { labWorkspace, pulumiHome, stateFolder } from "../../pulumi/environment";
import { scratchPlace } from "../scratch";

test.each([
  ["the release of Debian", (place: ReturnType<typeof scratchPlace>) => saveDebian(place)],
  ["the subnet", (place) => saveSubnet(place, parseSubnet("10.1.2.0/24"))],
  ["the secrets", (place) => ensureSecrets(place)],
  ["Pulumi's folders", (place) => labWorkspace(place, { bin: "/usr/bin" })],
] as [string, (place: ReturnType<typeof scratchPlace>) => unknown][])(
  "the lab's folder is this user's alone once it holds %s, also where it was open before",
  (_what, write) => {
    const place = scratchPlace();
    mkdirSync(place.folder, { mode: 0o755 });
    write(place);
    expect(statSync(place.folder).mode & 0o777).toBe(0o700);
  },
);

test("the state's and Pulumi's own folders are this user's alone", () => {
  const place = scratchPlace();
  mkdirSync(stateFolder(place), { recursive: true, mode: 0o755 });
  labWorkspace(place, { bin: "/usr/bin" });
  for (const folder of [stateFolder(place), pulumiHome(place)]) expect(statSync(folder).mode & 0o777).toBe(0o700);
});
