/**
 * The provider of kube-control's own resources: the identity of the stack, the progress of its hosts, their state, what
 * remains on hosts that left the stack, the kubeconfig, and the record at Cloudflare. It changes no host. Pulumi starts it by
 * `pulumi-resource-kube-control-hosts`, which is beside this file.
 */
import { main, type Provider } from "@pulumi/pulumi/provider";
import type { ClusterVersionInputs } from "../components/control-plane/cluster-version";
import * as claim from "./cloudflare-claim";
import * as swap from "./cloudflare-swap";
import { LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { logTo } from "./engine-log";
import * as clusterVersion from "./cluster-version";
import * as hostState from "./host-state";
import * as identity from "./identity";
import * as kubeconfig from "./kubeconfig";
import * as leftovers from "./leftovers";
import * as progress from "./progress";
import { plain } from "./secrets";

// the engine's address is the last argument
const warn = logTo(process.argv.at(-1), LogSeverity.WARNING);
const inform = logTo(process.argv.at(-1), LogSeverity.INFO);

const typeOf = (urn: string) => (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";

const resources: Readonly<Record<string, Provider>> = {
  "kube-control-hosts:index:Identity": {
    check: (urn, olds, news) =>
      identity.check(warn, urn, olds as identity.IdentityOutputs, news as identity.IdentityInputs),
    diff: (_id, _urn, olds, news) =>
      Promise.resolve(identity.diff(olds as identity.IdentityOutputs, news as identity.IdentityInputs)),
    create: (_urn, inputs) => Promise.resolve(identity.create(inputs as identity.IdentityInputs)),
    update: (_id, _urn, olds, news) =>
      Promise.resolve(identity.update(olds as identity.IdentityOutputs, news as identity.IdentityInputs)),
  },
  "kube-control-hosts:index:Progress": {
    diff: (_id, _urn, olds, news) =>
      Promise.resolve(progress.diff(olds as progress.ProgressOutputs, news as progress.ProgressInputs)),
    create: (_urn, inputs) => Promise.resolve(progress.create(inputs as progress.ProgressInputs)),
    update: (_id, _urn, olds, news) =>
      Promise.resolve(progress.update(olds as progress.ProgressOutputs, news as progress.ProgressInputs)),
  },
  "kube-control-hosts:index:HostState": {
    check: (_urn, olds, news) =>
      Promise.resolve(hostState.check(olds as hostState.HostStateInputs, news as hostState.HostStateInputs)),
    diff: (_id, _urn, olds, news) =>
      Promise.resolve(hostState.diff(olds as hostState.HostStateInputs, news as hostState.HostStateInputs)),
    create: (_urn, inputs) => Promise.resolve(hostState.create(inputs as hostState.HostStateInputs)),
    update: (_id, _urn, _olds, news) => Promise.resolve(hostState.update(news as hostState.HostStateInputs)),
    read: (id, urn, props) => hostState.read(warn, urn, id, props as hostState.HostStateInputs),
  },
  "kube-control-hosts:index:ClusterVersion": {
    check: (urn, olds, news) =>
      clusterVersion.check(inform, urn, olds as ClusterVersionInputs, news as ClusterVersionInputs),
    diff: (_id, _urn, olds, news) =>
      Promise.resolve(clusterVersion.diff(olds as ClusterVersionInputs, news as ClusterVersionInputs)),
    create: (_urn, inputs) => Promise.resolve(clusterVersion.create(inputs as ClusterVersionInputs)),
    update: (_id, _urn, _olds, news) => Promise.resolve(clusterVersion.update(news as ClusterVersionInputs)),
  },
  "kube-control-hosts:index:Kubeconfig": {
    diff: (_id, _urn, olds, news) =>
      Promise.resolve(kubeconfig.diff(olds as kubeconfig.KubeconfigOutputs, news as kubeconfig.KubeconfigInputs)),
    create: (urn, inputs) => kubeconfig.create(warn, urn, inputs as kubeconfig.KubeconfigInputs),
    update: (_id, urn, _olds, news) => kubeconfig.update(warn, urn, news as kubeconfig.KubeconfigInputs),
  },
  "kube-control-hosts:index:Leftovers": {
    diff: (_id, _urn, olds, news) =>
      Promise.resolve(leftovers.diff(olds as leftovers.LeftoversInputs, news as leftovers.LeftoversInputs)),
    create: (_urn, inputs) => Promise.resolve(leftovers.create(inputs as leftovers.LeftoversInputs)),
    update: (_id, _urn, olds, news) =>
      Promise.resolve(leftovers.update(olds as leftovers.LeftoversInputs, news as leftovers.LeftoversInputs)),
    delete: (_id, urn, props) => leftovers.remove(warn, urn, plain(props) as leftovers.LeftoversInputs),
  },
  "kube-control-hosts:index:CloudflareClaim": {
    diff: (_id, _urn, olds, news) => Promise.resolve(claim.diff(olds as claim.ClaimOutputs, news as claim.ClaimInputs)),
    create: (_urn, inputs) => claim.create(inputs as claim.ClaimInputs),
    update: (_id, _urn, olds, news) =>
      Promise.resolve(claim.update(olds as claim.ClaimOutputs, news as claim.ClaimInputs)),
    read: (id, _urn, props) => claim.read(id, props as claim.ClaimOutputs),
    delete: (_id, _urn, props) => claim.remove(props as claim.ClaimOutputs),
  },
  "kube-control-hosts:index:CloudflareSwap": {
    diff: (_id, _urn, olds, news) => Promise.resolve(swap.diff(olds as swap.SwapOutputs, news as swap.SwapInputs)),
    create: (_urn, inputs) => swap.create(inputs as swap.SwapInputs),
    update: (_id, _urn, _olds, news) => swap.update(news as swap.SwapInputs),
    read: (id, _urn, props) => swap.read(id, props as swap.SwapOutputs),
    delete: (_id, _urn, props) => swap.remove(props as swap.SwapOutputs),
  },
};

function of(urn: string): Provider {
  const resource = resources[typeOf(urn)];
  if (resource === undefined) {
    throw new Error(`there is no resource type ${typeOf(urn)}`);
  }
  return resource;
}

const provider: Provider = {
  version: "1.0.0",
  check: async (urn, olds, news: unknown) => (await of(urn).check?.(urn, olds, news)) ?? { inputs: news },
  diff: async (id, urn, olds, news) => (await of(urn).diff?.(id, urn, olds, news)) ?? {},
  create: async (urn, inputs) => (await of(urn).create?.(urn, inputs)) ?? { id: "" },
  update: async (id, urn, olds, news) => (await of(urn).update?.(id, urn, olds, news)) ?? {},
  // a resource without a read keeps its state
  read: async (id, urn, props: unknown) => (await of(urn).read?.(id, urn, props)) ?? { id, props },
  delete: async (id, urn, props) => of(urn).delete?.(id, urn, props),
};

void main(provider, process.argv.slice(2));
