import * as pulumi from "@pulumi/pulumi";
import { HaproxyPair, sshHost } from "kube-control";

/** A machine of the configuration. */
interface Machine {
  readonly name: string;
  readonly address: string;
}

const config = new pulumi.Config();
const login = {
  user: config.require("user"),
  privateKeyFile: config.require("privateKeyFile"),
  knownHostsFile: config.require("knownHostsFile"),
};

// Two hosts with the API servers behind them. The first one of the list takes the virtual IP first.
const loadBalancers = config.requireObject<Machine[]>("loadBalancers");
const pair = new HaproxyPair("api", {
  virtualIp: { address: config.require("virtualIp") },
  nodes: loadBalancers.map((machine, index) => ({
    ...sshHost({ ...login, ...machine }),
    priority: 250 - 10 * index,
  })),
  apiServers: config.requireObject<Machine[]>("apiServers"),
});

export const { virtualIp } = pair;
