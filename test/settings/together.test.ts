import { type Configuration, goodStack, mistakesOf } from "./stack";

/** Mistakes of single settings, each with its key. */
const single: [string, (stack: Configuration) => void][] = [
  ["virtualIp.routerId", (stack) => (stack["virtualIp"].routerId = 256)],
  ["endpoint.fqdn", (stack) => (stack["endpoint"].fqdn = "kube_control")],
  ["endpoint.ttl", (stack) => (stack["endpoint"].ttl = "60")],
  ["kubernetes.version", (stack) => (stack["kubernetes"].version = "1.34")],
  ["haproxy.connectTimeout", (stack) => (stack["haproxy"] = { connectTimeout: "soon" })],
  ["workers[0].name", (stack) => (stack["workers"] = [{ name: "A_B", address: "192.168.2.171" }])],
  ["nas.prot", (stack) => (stack["nas"].prot = 15141)],
];

test.each(single)("a mistake in %s does not hide mistakes across other settings", (key, spoil) => {
  const stack = goodStack();
  spoil(stack);
  stack["masters"].pop();
  stack["monitor"].name = stack["masters"][0].name;
  expect(mistakesOf(stack).map((mistake) => mistake.key)).toEqual(
    expect.arrayContaining([`kube-control:${key}`, "kube-control:masters", "kube-control:monitor.name"]),
  );
});
