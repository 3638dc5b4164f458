import { networkInterfaces } from "node:os";
import fc from "fast-check";
import { placeholders, renderKeepalived, whyUnfitPassword } from "../../../components/haproxy-pair/keepalived";
import { anyVirtualIp, lb1, lb2, linesOf, routers, run, virtualIp, withProgram } from "./configurations";

describe("snapshots", () => {
  test("the committed stack's keepalived.conf of haproxy-lb1", () =>
    expect(renderKeepalived(virtualIp, lb1, [lb2])).toMatchSnapshot());
  test("VRRP version 2 with another router id and network", () =>
    expect(
      renderKeepalived({ address: "10.0.4.9", prefixLength: 22, routerId: 7, vrrpVersion: 2 }, lb2, [lb1]),
    ).toMatchSnapshot());
  test("preempt", () => expect(renderKeepalived({ ...virtualIp, preempt: true }, lb1, [lb2])).toMatchSnapshot());
});

describe("keepalived.conf", () => {
  test("lists all other load balancers as peers, and has a unique priority", () => {
    fc.assert(
      fc.property(anyVirtualIp, routers, (vip, all) => {
        const priorities = all.map((router) => {
          const lines = linesOf(
            renderKeepalived(
              vip,
              router,
              all.filter((other) => other !== router),
            ),
          );
          const begin = lines.indexOf("unicast_peer {");
          const peers = lines.slice(begin + 1, lines.indexOf("}", begin));
          expect(peers).toEqual(all.filter((other) => other !== router).map((other) => other.address));
          expect(lines).toContain(`unicast_src_ip ${router.address}`);
          expect(lines).toContain(`vrrp_instance vrrp${vip.routerId} {`);
          return lines.find((line) => line.startsWith("priority "));
        });
        expect(new Set(priorities).size).toBe(all.length);
      }),
    );
  });

  test("has a placeholder for the password with version 2, and none with version 3", () => {
    fc.assert(
      fc.property(anyVirtualIp, (vip) => {
        const text = renderKeepalived(vip, lb1, [lb2]);
        expect(text.includes("auth_pass")).toBe(vip.vrrpVersion === 2);
        expect(text.split(placeholders.password)).toHaveLength(vip.vrrpVersion === 2 ? 2 : 1);
        expect(text).toContain(`vrrp_version ${vip.vrrpVersion}\n`);
        // version 2 supports only whole seconds
        expect(text).toMatch(vip.vrrpVersion === 2 ? /advert_int 1\n/ : /advert_int 0\.04\n/);
      }),
    );
  });

  test("has nopreempt, or with preempt a delay", () => {
    fc.assert(
      fc.property(anyVirtualIp, (vip) => {
        const said = linesOf(renderKeepalived(vip, lb1, [lb2])).filter((line) => line.includes("preempt"));
        expect(said).toEqual([vip.preempt === true ? "preempt_delay 5" : "nopreempt"]);
      }),
    );
  });

  test.each([
    ["labvip", undefined],
    ["a#!$b{'", undefined],
    ["12345678", undefined],
    ["123456789", "has 9 characters"],
    ["", "has 0 characters"],
    ["a b", "has a space"],
    ['a"b', "has a space"],
    ["a\\b", "has a space"],
    ["pässe", "outside ASCII"],
  ])("the reason to refuse the password %j is: %s", (password, why) => {
    const found = whyUnfitPassword(password);
    if (why === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(why);
  });
});

withProgram("keepalived", (keepalived) => {
  const [interfaceHere = "lo"] = Object.keys(networkInterfaces()).filter((name) => name !== "lo");
  const check = (text: string, carrier = interfaceHere) =>
    run(
      keepalived,
      ["-t", "-f"],
      text.replaceAll(placeholders.interface, carrier).replaceAll(placeholders.password, "a#!$b{'"),
    );

  test("accepts the rendered file of both versions without output", () => {
    const accepted = { status: 0, output: "" };
    for (const vrrpVersion of [2, 3] as const) {
      expect(check(renderKeepalived({ ...virtualIp, vrrpVersion }, lb1, [lb2]))).toEqual(accepted);
    }
    const hundredths = fc.integer({ min: 1, max: 4000 });
    fc.assert(
      fc.property(anyVirtualIp, fc.option(hundredths), routers, (vip, interval, [first, ...others]) => {
        const advertInterval =
          interval === null ? undefined : vip.vrrpVersion === 2 ? Math.ceil(interval / 100) : interval / 100;
        expect(check(renderKeepalived({ ...vip, advertInterval }, first ?? lb1, others))).toEqual(accepted);
      }),
      { numRuns: 10 },
    );
  });

  test("refuses an interface that does not exist", () => {
    expect(check(renderKeepalived(virtualIp, lb1, [lb2]), "nope0").status).not.toBe(0);
  });
});
