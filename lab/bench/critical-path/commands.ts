import { randomBytes } from "node:crypto";
import type { Host } from "../../../host/host";
import { shellQuote } from "../../../host/shell";
import { placeholders } from "../../../components/control-plane/kubeadm";
import { datadogObjects } from "../up/datadog-objects";
import { apisOf, paths } from "../up/outside";
import { agentContainer, agentListener, confD, recordComment, rendered } from "../up/rendered";
import type { Site } from "../up/site";
import type { OnHost } from "./connections";

/**
 * The whole stack by bare commands, each begun the moment that what it needs is there: how fast the work can be done on
 * these machines. It comes to the same end as `pulumi up`: the same files, the same waits for what is promised.
 */
export async function buildBare(site: Site, on: OnHost): Promise<void> {
  const { settings } = site;
  const { masters, loadBalancers, virtualIp, kubernetes, monitor } = settings;
  const { fqdn, port } = settings.endpoint;
  const [first, ...others] = masters;
  const files = rendered(site);
  const encryption = kubernetes.encryptionAtRest ? encryptionConfiguration() : "";
  const shared = {
    ENDPOINT: fqdn,
    PORT: String(port),
    ENCRYPTION: encryption,
    ENCRYPTION_FILE: kubernetes.encryptionAtRest ? files.encryptionFile : "",
  };
  const api = `https://${first.address}:${port}`;
  const certificateKey = randomBytes(32).toString("hex");

  const born = makeRecord();
  const prepared = new Map(masters.map((host) => [host, prepare(host)] as const));
  const balanced = Promise.all(loadBalancers.map((host) => balance(host))).then(() =>
    Promise.all(loadBalancers.map((host) => on(host, "keepalived"))),
  );
  const agent = runAgent();
  const pipeline = makePipeline();
  const init = Promise.all([born, prepared.get(first)]).then(() => initialise());
  const network = init.then(() => on(first, "network", { API: api, MANIFEST: site.cniManifest }));
  const joined = others.reduce<Promise<unknown>>(
    (before, host) => Promise.all([init, before, prepared.get(host)]).then(([printed]) => join(host, printed)),
    init,
  );
  const forgotten = joined.then(() => on(first, "forget-tokens"));
  const ready = Promise.all([joined, network]).then(() =>
    on(first, "ready", { ...shared, NODE: first.name, COUNT: String(masters.length), ADDRESSES: addresses(masters) }),
  );
  const serving = Promise.all([balanced, joined]).then(() => verifyServing());
  const swapped = Promise.all([born, ready, serving]).then(([recordId]) => swap(recordId));
  const all = [...prepared.values(), balanced, agent, pipeline, network, forgotten, swapped];
  // the first error counts, once nothing runs on behind it
  const results = await Promise.allSettled(all);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;

  async function makeRecord(): Promise<string> {
    const { ttl } = settings.endpoint;
    const record = { type: "A", name: fqdn, content: first.address, ttl, proxied: false, comment: recordComment };
    const answer = (await apisOf(site).cloudflare("POST", "", record)) as { result: { id: string } };
    return answer.result.id;
  }

  async function swap(recordId: string): Promise<void> {
    const { ttl } = settings.endpoint;
    const record = { content: virtualIp.address, ttl, proxied: false, comment: recordComment };
    await apisOf(site).cloudflare("PATCH", `/${recordId}`, record);
    await Promise.all(masters.map((host) => on(host, "resolves", { ENDPOINT: fqdn, ADDRESS: virtualIp.address })));
  }

  function prepare(host: Host): Promise<string> {
    const registries = Object.entries(files.registryHosts).map(
      ([path, content]) => `  printf '%s' ${shellQuote(content)} | put ${shellQuote(path)} 0644\n`,
    );
    const variables = {
      VERSION: kubernetes.version,
      REPOSITORY_URL: kubernetes.repository.url,
      REPOSITORY_KEY: kubernetes.repository.key ?? "",
      REPOSITORY_KEY_URL: kubernetes.repository.keyUrl ?? "",
      IMAGE_REPOSITORY: kubernetes.imageRepository,
      CONTAINERD: files.containerd,
    };
    return on(host, "node-prepare", variables, `put_registry_hosts() {\n  :\n${registries.join("")}}\n`);
  }

  function initialise(): Promise<string> {
    return on(first, "init", {
      ...shared,
      API: api,
      CONFIGURATION: files.init(first),
      UPLOAD: files.upload,
      CERTIFICATE_KEY: certificateKey,
    });
  }

  /** By the command that kubeadm has printed on the first master. */
  function join(host: Host, printed: string): Promise<string> {
    const word = (option: string) => new RegExp(`${option} (\\S+)`).exec(printed)?.[1] ?? "";
    const configuration = files
      .join(host)
      .replace(placeholders.token, word("--token"))
      .replace(placeholders.caHash, word("--discovery-token-ca-cert-hash"))
      .replace(placeholders.certificateKey, certificateKey);
    return on(host, "join", { ...shared, CONFIGURATION: configuration });
  }

  function balance(host: Host): Promise<string> {
    return on(host, "load-balancer", {
      ADDRESS: host.address,
      HAPROXY_CFG: files.haproxy,
      KEEPALIVED_CONF: files.keepalived(host.name, "@INTERFACE@"),
      HAPROXY_DROP_IN: files.haproxyDropIn,
      KEEPALIVED_DROP_IN: files.keepalivedDropIn,
      WATCH_PATH: files.watch.path,
      WATCH_PROGRAM: files.watch.program,
      WATCH_UNIT: files.watch.unit,
    });
  }

  async function verifyServing(): Promise<void> {
    await on(first, "serving", { ...shared, ADDRESSES: `${addresses(loadBalancers)} ${virtualIp.address}` });
    // it answers, so that somebody holds it
    for (let tries = 0; ; tries++) {
      const asked = loadBalancers.map((host) => on(host, "held", { VIRTUAL_IP: virtualIp.address }));
      const holders = (await Promise.all(asked)).filter((seen) => seen.trim() !== "");
      if (holders.length === 1) return;
      if (tries === 100) throw new Error(`${holders.length} load balancers hold the virtual IP`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  function runAgent(): Promise<string> {
    const { agentImage, agentMemory, registryMirrors } = settings.datadog;
    const listener = agentListener(site);
    return on(monitor, "agent", {
      LOGIN: monitor.ssh.user,
      DAEMON_JSON: JSON.stringify(registryMirrors.length === 0 ? {} : { "registry-mirrors": registryMirrors }),
      CONF_PATH: files.agentConf.path,
      CONF: files.agentConf.content,
      CONF_D: confD,
      CONTAINER: agentContainer,
      IMAGE: agentImage,
      MEMORY: agentMemory === undefined ? "" : `--memory=${agentMemory}m`,
      PORT: String(listener.port),
      TYPE: listener.type,
      ENVIRONMENT: files.agentEnvironment.join("\n"),
    });
  }

  async function makePipeline(): Promise<void> {
    const { datadog } = apisOf(site);
    const wanted = datadogObjects(site);
    await Promise.all([
      datadog("POST", paths.pipelines, wanted.pipeline),
      datadog("POST", paths.dashboards, wanted.dashboard),
      ...wanted.metrics.map((one) => datadog("POST", paths.metrics, { data: { type: "logs_metrics", ...one } })),
      ...wanted.monitors.map((one) => datadog("POST", paths.monitors, one)),
    ]);
  }
}

const addresses = (hosts: readonly Host[]) => hosts.map(({ address }) => address).join(" ");

function encryptionConfiguration(): string {
  const key = randomBytes(32).toString("base64");
  return `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox:
          keys:
            - name: key1
              secret: ${key}
      - identity: {}`;
}
