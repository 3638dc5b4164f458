/** The archives of the lab's stack in a bucket, on a real server of S3's API that runs on a host of the lab. */
import { join } from "node:path";
import { ensureArtefact } from "../../artefacts/artefact";
import { goArtefact } from "../../artefacts/go";
import { versityGateway } from "../../artefacts/programs";
import { Hosts } from "../../drill/hosts";
import { Operator } from "../../drill/operator";
import { containerOf } from "../../hosts/containers";
import { docker } from "../../machine/docker";
import {
  addresses,
  lab as labCommand,
  labFile,
  mustPulumi,
  onHost,
  place,
  printed,
  pulumi,
  unattended,
} from "../e2e/driver";
import { buildOnNewHosts, expectNothingToChange, expectVerified, planWith } from "./stack-on-new-hosts";

const minutes = 60_000;
const server = "services";
const secret = "CANARY/of-the-bucket+0123456789";
const accessKeyId = "AKIAIOSFODNN7EXAMPLE";
const objects = "/srv/objects/backups/clusters/lab";
const copies = "/var/lib/kube-control/backups";
const lab = planWith([]);
const hosts = new Hosts(place);
const operator = new Operator(lab);

afterAll(async () => {
  await labCommand(["down"], 300);
}, 10 * minutes);

/** Installs the server with a certificate of its own, which the monitor's authorities then contain. */
async function installServer(): Promise<void> {
  const program = join(await ensureArtefact(place, goArtefact(versityGateway), () => undefined), "versitygw");
  await docker(["cp", program, `${containerOf(place, { name: server })}:/usr/local/bin/versitygw`]);
  const certificate = await hosts.shell(
    server,
    `cd /etc/ssl
     openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${server} \
       -addext subjectAltName=IP:${addresses[server]} -keyout versitygw.key -out versitygw.crt 2>/dev/null
     mkdir -p /srv/objects/backups
     cat versitygw.crt`,
  );
  const file = "/usr/local/share/ca-certificates/versitygw.crt";
  await onHost("monitor", `cat >${file} && update-ca-certificates >/dev/null 2>&1`, certificate);
}
const startServer = () =>
  hosts.shell(
    server,
    `systemd-run --unit versitygw --setenv ROOT_ACCESS_KEY_ID=${accessKeyId} --setenv 'ROOT_SECRET_ACCESS_KEY=${secret}' \
       /usr/local/bin/versitygw --port ${addresses[server]}:9000 --region eu-central-1 \
       --cert /etc/ssl/versitygw.crt --key /etc/ssl/versitygw.key --quiet posix /srv/objects >/dev/null 2>&1`,
  );
const stopServer = () => hosts.shell(server, "systemctl stop versitygw");

const setSecret = (value: string) => mustPulumi(["config", "set", "--secret", "kube-control:s3SecretAccessKey"], value);
const archive = (master: "k8s-master1" | "k8s-master2") =>
  onHost(master, "systemctl start kube-control-backup.service");
const stored = async () =>
  (await hosts.shell(server, `sha256sum ${objects}/* 2>/dev/null | awk '{ print $1 }' || true`)).split("\n").sort();
const copied = async () =>
  (await onHost("monitor", `sha256sum ${copies}/k8s-*/*.tar.age | awk '{ print $1 }'`)).trim().split("\n").sort();
const status = async () => (await labCommand(["status"], 60)).stdout;

test(
  "a stack without a bucket has an archive on the monitor",
  async () => {
    await buildOnNewHosts(lab);
    await installServer();
    await startServer();
    await archive("k8s-master1");
    expect(await copied()).not.toEqual([""]);
  },
  60 * minutes,
);

test(
  "with a wrong secret, up fails and names the setting; with the right one, it uploads the newest archive",
  async () => {
    const endpoint = `https://${addresses[server]}:9000`;
    const s3 = { endpoint, region: "eu-central-1", bucket: "backups", prefix: "clusters/lab", accessKeyId };
    operator.edit([[["backup", "s3"], s3]]);
    await setSecret(`${secret}-wrong`);
    const refused = await pulumi(["up", ...unattended]);
    expect([refused.code === 0, refused.stdout]).toEqual([false, expect.stringContaining("s3SecretAccessKey")]);
    await setSecret(secret);
    await mustPulumi(["up", ...unattended]);
    await onHost("monitor", "systemctl start kube-control-backup-upload");
    expect(await stored()).toEqual(await copied());
    await expectVerified(lab);
    await expectNothingToChange();
  },
  15 * minutes,
);

test(
  "an archive that is made while the server is down is reported, and uploaded afterwards",
  async () => {
    await stopServer();
    await archive("k8s-master2");
    await onHost("monitor", "systemctl start kube-control-backup-upload || true", "", 600);
    expect(await status()).toMatch(/upload to backups failed.*no response from/);
    await startServer();
    await onHost("monitor", "systemctl start kube-control-backup-upload");
    expect(await stored()).toEqual(await copied());
    await expectVerified(lab);
  },
  15 * minutes,
);

test(
  "the secret is nowhere in plain text, and without the section the access key is removed",
  async () => {
    const state = await mustPulumi(["stack", "export"]);
    const settings = labFile("project/Pulumi.dev.yaml");
    expect([state, settings, ...printed].filter((text) => text.includes("CANARY"))).toEqual([]);
    const journal = await onHost("monitor", "journalctl --no-pager -o cat | grep -c CANAR[Y] || true");
    expect(journal.trim()).toBe("0");
    operator.restoreSettings();
    await mustPulumi(["up", ...unattended]);
    expect((await onHost("monitor", "ls /var/lib/kube-control/ /etc/systemd/system")).match(/s3|upload/)).toBeNull();
    expect(await stored()).toEqual(await copied());
    await expectNothingToChange();
  },
  15 * minutes,
);
