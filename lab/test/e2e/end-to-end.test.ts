/** One lab is created, used, exposed to faults, changed and removed. Each part continues where the one before ended. */
import { canariesIn, watchProcessLists } from "./canaries";
import { backup } from "./claims/backup";
import { build } from "./claims/build";
import { changes } from "./claims/changes";
import { faults } from "./claims/faults";
import { checksBuilt, checksPass } from "./claims/kubeadm";
import { logs } from "./claims/logs";
import { redundancy } from "./claims/redundancy";
import { refusals } from "./claims/refusals";
import { destroyed, removed } from "./claims/removal";
import { serving } from "./claims/serving";
import { variants } from "./claims/variants";

const seen = watchProcessLists();
afterAll(() => seen.stop());

/** Checks everything that was printed, stored and run so far. */
const secrets = () =>
  test("no secret is in plain text anywhere", async () => {
    expect(await canariesIn(seen)).toEqual([]);
  });

checksBuilt();
build();
serving();
checksPass();
logs();
backup();
redundancy();
faults();
refusals();
changes();
secrets();
destroyed();
variants(secrets);
removed();
