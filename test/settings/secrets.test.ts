import { type Configuration, goodStack, mistakesOf, secretNames } from "./stack";

function without(...encrypted: string[]): string[] {
  return secretNames.filter((name) => !encrypted.includes(name));
}

describe("a secret", () => {
  it.each(["cloudflareApiToken", "datadogApiKey", "datadogAppKey"])("is asked for where it is missing: %s", (name) => {
    const stack = goodStack();
    delete stack[name];
    expect(mistakesOf(stack)).toEqual([
      {
        key: `kube-control:${name}`,
        value: undefined,
        what: expect.stringMatching(/^is missing: /),
        remedy: expect.stringContaining(`pulumi config set --secret kube-control:${name}`),
      },
    ]);
  });

  it("counts as missing where Pulumi.yaml's empty default stands", () => {
    expect(mistakesOf({ ...goodStack(), datadogApiKey: "" })).toMatchObject([{ key: "kube-control:datadogApiKey" }]);
  });

  it.each(["cloudflareApiToken", "datadogApiKey", "datadogAppKey"])("is refused in plain text: %s", (name) => {
    const [mistake, ...others] = mistakesOf(goodStack(), without(name));
    expect(others).toEqual([]);
    expect(mistake).toMatchObject({
      key: `kube-control:${name}`,
      value: undefined,
      what: expect.stringMatching(/is in plain text in Pulumi\.\w+\.yaml/),
      remedy: expect.stringContaining(`pulumi config set --secret kube-control:${name}`),
    });
  });

  it("is accepted where it is encrypted", () => {
    expect(mistakesOf(goodStack())).toEqual([]);
  });

  it.each(["REPLACE_ME", "changeme", "<your API key>", "xxxxxxxx"])("is no placeholder: %s", (value) => {
    expect(mistakesOf({ ...goodStack(), datadogApiKey: value })).toMatchObject([
      { key: "kube-control:datadogApiKey", what: "still contains a placeholder." },
    ]);
  });

  it("has no white space", () => {
    expect(mistakesOf({ ...goodStack(), datadogAppKey: "canary app" })).toMatchObject([
      { key: "kube-control:datadogAppKey", what: "contains white space." },
    ]);
  });

  it("is printable ASCII", () => {
    expect(mistakesOf({ ...goodStack(), datadogAppKey: "“canary”" })).toMatchObject([
      { key: "kube-control:datadogAppKey", what: "has a character that is not printable ASCII." },
    ]);
  });

  it("is no Global API Key of Cloudflare's", () => {
    expect(mistakesOf({ ...goodStack(), cloudflareApiToken: "c0ffee".repeat(6) + "a" })).toMatchObject([
      { key: "kube-control:cloudflareApiToken", value: undefined, what: expect.stringMatching(/Global API Key/) },
    ]);
  });

  it.each([
    ["datadog", "apiKey", "datadogApiKey"],
    ["datadog", "appKey", "datadogAppKey"],
    ["virtualIp", "password", "vrrpPassword"],
  ])("has no place in the section %s.%s", (section, key, name) => {
    const stack = goodStack();
    stack[section][key] = "canary";
    expect(mistakesOf(stack)).toEqual([
      expect.objectContaining({
        key: `kube-control:${section}.${key}`,
        value: undefined,
        remedy: expect.stringContaining(`pulumi config set --secret kube-control:${name}`),
      }),
    ]);
  });

  it("never shows in a report, whatever else is wrong", () => {
    const stack = goodStack();
    stack["endpoint"].cloudflare.apiToken = "canary-nested";
    Object.assign(stack, { cloudflareApiToken: "canary 1", vrrpPassword: "canary-vrrp", datadogApiKey: "canary-2" });
    const report = JSON.stringify(mistakesOf(stack, []));
    expect(report).toContain("cloudflareApiToken");
    expect(report).not.toMatch(/canary/);
  });
});

describe("structured settings", () => {
  it("are refused encrypted, as nobody could review a preview then", () => {
    expect(mistakesOf(goodStack(), [...secretNames, "masters"])).toMatchObject([
      { key: "kube-control:masters", what: expect.stringMatching(/is encrypted/) },
    ]);
  });
});

describe("the VRRP password", () => {
  function versionTwo(password?: string): Configuration {
    const stack = goodStack();
    stack["virtualIp"].vrrpVersion = 2;
    return password === undefined ? stack : { ...stack, vrrpPassword: password };
  }

  it("is needed with version 2", () => {
    expect(mistakesOf(versionTwo())).toMatchObject([
      { key: "kube-control:vrrpPassword", what: "is missing: VRRP version 2 is chosen." },
    ]);
  });

  it("is refused with version 3", () => {
    expect(mistakesOf({ ...goodStack(), vrrpPassword: "s3cret" })).toMatchObject(
      [
        {
          key: "kube-control:vrrpPassword",
          what: /no passwords/,
          remedy: /pulumi config rm kube-control:vrrpPassword/,
        },
      ].map(({ key, what, remedy }) => ({
        key,
        what: expect.stringMatching(what),
        remedy: expect.stringMatching(remedy),
      })),
    );
  });

  it("has at most 8 characters, of which none ends a word in Keepalived's configuration", () => {
    expect(mistakesOf(versionTwo("12345678"))).toEqual([]);
    expect(mistakesOf(versionTwo("123456789"))).toMatchObject([{ what: expect.stringMatching(/^has 9 characters/) }]);
    expect(mistakesOf(versionTwo('a"b'))).toMatchObject([{ what: expect.stringMatching(/^has a space/) }]);
  });
});

describe("the TSIG secret", () => {
  function inHouse(secret?: string): Configuration {
    const stack = goodStack();
    delete stack["cloudflareApiToken"];
    stack["endpoint"] = {
      fqdn: "kube-control.kacangisnuts.com",
      rfc2136: { server: "192.168.2.53", zone: "kacangisnuts.com", keyName: "kube-control" },
    };
    return secret === undefined ? stack : { ...stack, tsigSecret: secret };
  }

  it("is needed with rfc2136, and Cloudflare's token is not", () => {
    expect(mistakesOf(inHouse())).toMatchObject([{ key: "kube-control:tsigSecret" }]);
    expect(mistakesOf(inHouse("c2VjcmV0c2VjcmV0"))).toEqual([]);
  });

  it("is base64", () => {
    expect(mistakesOf(inHouse("not*base64"))).toMatchObject([{ what: "is not base64." }]);
  });
});
