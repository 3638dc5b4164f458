import { mkdirSync, statSync } from "node:fs";
import { saveDebian } from "../../base/place";
import { ensureSecrets } from "../../hosts/secrets";
import { saveSubnet, parseSubnet } from "../../hosts/subnet";
import { labWorkspace, pulumiHome, stateFolder } from "../../pulumi/environment";
import { scratchPlace } from "../scratch";

test.each([
  ["Debian's release", (place: ReturnType<typeof scratchPlace>) => saveDebian(place)],
  ["the subnet", (place) => saveSubnet(place, parseSubnet("10.1.2.0/24"))],
  ["the secrets", (place) => ensureSecrets(place)],
  ["Pulumi's folders", (place) => labWorkspace(place, { bin: "/usr/bin" })],
] as [string, (place: ReturnType<typeof scratchPlace>) => unknown][])(
  "the lab's folder has mode 0700 after %s are written, whatever its mode was before",
  (_what, write) => {
    const place = scratchPlace();
    mkdirSync(place.folder, { mode: 0o755 });
    write(place);
    expect(statSync(place.folder).mode & 0o777).toBe(0o700);
  },
);

test("the folders of the state and of Pulumi have mode 0700", () => {
  const place = scratchPlace();
  mkdirSync(stateFolder(place), { recursive: true, mode: 0o755 });
  labWorkspace(place, { bin: "/usr/bin" });
  for (const folder of [stateFolder(place), pulumiHome(place)]) expect(statSync(folder).mode & 0o777).toBe(0o700);
});
