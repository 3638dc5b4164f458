import * as pulumi from "@pulumi/pulumi";
import { sessionOf } from "../../host/session";
import { sshHost } from "../../host/ssh-host";
import { file, hostKey, privateKey } from "../settings/stack";

const key = () => file("id_ed25519", privateKey);
const known = (text = `192.0.2.11 ${hostKey}\n`) => file("known_hosts_of_hosts", text);
const named = { name: "k8s-master1", address: "192.0.2.11", user: "ops" };
const value = <T>(input: pulumi.Input<T>) => new Promise<unknown>((done) => pulumi.output(input).apply(done));

test("a host has the key of known_hosts, the private key as a secret, and port 22", async () => {
  const { name, address, ssh } = sshHost({ ...named, privateKeyFile: key(), knownHostsFile: known() });
  expect([name, address, ssh.user, ssh.port, ssh.hostKey]).toEqual(["k8s-master1", "192.0.2.11", "ops", 22, hostKey]);
  expect(await pulumi.isSecret(ssh.privateKey as pulumi.Output<string>)).toBe(true);
  expect(await value(ssh.privateKey)).toBe(privateKey);
});

test("if the address is an output, the host key is looked up when the address is known", async () => {
  const address = pulumi.output("192.0.2.11");
  const { ssh } = sshHost({ ...named, address, agent: true, knownHostsFile: known() });
  expect(ssh.privateKey).toBeUndefined();
  expect(await value(ssh.hostKey)).toBe(hostKey);
});

test("a given host key needs no known_hosts, and may be an output", async () => {
  const { ssh } = sshHost({ ...named, agent: true, hostKey: pulumi.output("ssh-ed25519 BBBB") });
  expect(await value(ssh.hostKey)).toBe("ssh-ed25519 BBBB");
});

test("a jump host has the host's login name and its own pinned key", () => {
  const knownHostsFile = known(`192.0.2.11 ${hostKey}\n[jump.example.com]:2222 ssh-ed25519 CCCC\n`);
  const proxyJump = { host: "jump.example.com", port: 2222 };
  expect(sshHost({ ...named, agent: true, knownHostsFile, proxyJump }).ssh.proxyJump).toEqual({
    ...proxyJump,
    user: "ops",
    hostKey: "ssh-ed25519 CCCC",
  });
});

test.each([
  ["neither key file nor agent", {}, /^sshHost k8s-master1, privateKeyFile: is missing\n/],
  ["both a key file and the agent", { agent: true, privateKeyFile: "/key" }, /is set together with agent: true/],
  ["a key file that does not exist", { privateKeyFile: "/nowhere/key" }, /\/nowhere\/key cannot be read \(ENOENT\)/],
  [
    "no key of the host",
    { agent: true, knownHostsFile: "" },
    /contains no key of k8s-master1 \(192\.0\.2\.11\)\n.*ssh-keyscan/,
  ],
  ["neither a host key nor known_hosts", { agent: true }, /hostKey: is missing/],
])("a host with %s is refused", (_what, { knownHostsFile, ...given }: Record<string, any>, message) => {
  const file = knownHostsFile === undefined ? {} : { knownHostsFile: known("192.0.2.99 ssh-ed25519 AAAA\n") };
  expect(() => sshHost({ ...named, ...given, ...file })).toThrow(message);
});

test("a copy of a host shares its session; another host with the same access does not", () => {
  const host = sshHost({ ...named, agent: true, hostKey });
  sessionOf(host).markUnreachable("No route to host");
  expect(sessionOf({ ...host, name: host.name }).unreachable).toBe("No route to host");
  expect(sessionOf({ ...host, name: "k8s-master2" }).unreachable).toBeUndefined();
  expect(sessionOf(sshHost({ ...named, agent: true, hostKey })).unreachable).toBeUndefined();
});
