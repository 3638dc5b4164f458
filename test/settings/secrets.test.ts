import { type Configuration, goodStack, mistakesOf, secretNames } from "./stack";

function without(...encrypted: string[]): string[] {
  return secretNames.filter((name) => !encrypted.includes(name));
}

describe("a secret", () => {
  it.each(["cloudflareApiToken", "datadogApiKey", "datadogAppKey"])(
    "that is missing is a mistake with the command that sets it: %s",
    (name) => {
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
    },
  );

  it("counts as missing if it has Pulumi.yaml's empty default", () => {
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

  it("is accepted if it is encrypted", () => {
    expect(mistakesOf(goodStack())).toEqual([]);
  });

  it.each(["REPLACE_ME", "changeme", "<your API key>", "xxxxxxxx"])("that is a placeholder is refused: %s", (value) => {
    expect(mistakesOf({ ...goodStack(), datadogApiKey: value })).toMatchObject([
      { key: "kube-control:datadogApiKey", what: "still contains a placeholder." },
    ]);
  });

  it("with white space is refused", () => {
    expect(mistakesOf({ ...goodStack(), datadogAppKey: "canary app" })).toMatchObject([
      { key: "kube-control:datadogAppKey", what: "contains white space." },
    ]);
  });

  it("with characters outside printable ASCII is refused", () => {
    expect(mistakesOf({ ...goodStack(), datadogAppKey: "“canary”" })).toMatchObject([
      { key: "kube-control:datadogAppKey", what: "has a character that is not printable ASCII." },
    ]);
  });

  it("that is a Global API Key of Cloudflare is refused", () => {
    expect(mistakesOf({ ...goodStack(), cloudflareApiToken: "c0ffee".repeat(6) + "a" })).toMatchObject([
      { key: "kube-control:cloudflareApiToken", value: undefined, what: expect.stringMatching(/Global API Key/) },
    ]);
  });

  it.each([
    ["datadog", "apiKey", "datadogApiKey"],
    ["datadog", "appKey", "datadogAppKey"],
    ["virtualIp", "password", "vrrpPassword"],
  ])("in the setting %s.%s is refused, and the remedy names %s", (section, key, name) => {
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

  it("is never in a report, whatever the mistakes", () => {
    const stack = goodStack();
    stack["endpoint"].cloudflare.apiToken = "canary-nested";
    Object.assign(stack, { cloudflareApiToken: "canary 1", vrrpPassword: "canary-vrrp", datadogApiKey: "canary-2" });
    const report = JSON.stringify(mistakesOf(stack, []));
    expect(report).toContain("cloudflareApiToken");
    expect(report).not.toMatch(/canary/);
  });
});

describe("structured settings", () => {
  it("that are encrypted are refused, because a preview would hide their changes", () => {
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

  it("is required with version 2", () => {
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

  it("with more than 8 characters or with a quotation mark is refused", () => {
    expect(mistakesOf(versionTwo("12345678"))).toEqual([]);
    expect(mistakesOf(versionTwo("123456789"))).toMatchObject([{ what: expect.stringMatching(/^has 9 characters/) }]);
    expect(mistakesOf(versionTwo('a"b'))).toMatchObject([{ what: expect.stringMatching(/^has a space/) }]);
  });
});

describe("the secret access key of a bucket", () => {
  const s3 = { endpoint: "https://s3.example.com", bucket: "cluster-backups", accessKeyId: "AKIAIOSFODNN7EXAMPLE" };
  const backup = { recipients: ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"], s3 };

  it("is required with a bucket, and reported with the other mistakes", () => {
    expect(mistakesOf({ ...goodStack(), backup: { ...backup, keep: 1 } })).toMatchObject([
      { key: "kube-control:backup.keep" },
      {
        key: "kube-control:s3SecretAccessKey",
        what: "is missing: the copies of backups are uploaded to a bucket.",
        remedy: expect.stringContaining("pulumi config set --secret kube-control:s3SecretAccessKey"),
      },
    ]);
    expect(mistakesOf({ ...goodStack(), backup, s3SecretAccessKey: "canary/s3+key" })).toEqual([]);
  });

  it("is refused in the section, and the remedy names its own setting", () => {
    const stack = { ...goodStack(), backup: { ...backup, s3: { ...s3, secretAccessKey: "canary" } } };
    expect(mistakesOf({ ...stack, s3SecretAccessKey: "canary" })).toEqual([
      expect.objectContaining({
        key: "kube-control:backup.s3.secretAccessKey",
        value: undefined,
        remedy: expect.stringContaining("pulumi config set --secret kube-control:s3SecretAccessKey"),
      }),
    ]);
  });

  it("with white space is refused", () => {
    expect(mistakesOf({ ...goodStack(), backup, s3SecretAccessKey: "canary key" })).toMatchObject([
      { key: "kube-control:s3SecretAccessKey", value: undefined, what: "contains white space." },
    ]);
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

  it("is required with rfc2136, and Cloudflare's token is not", () => {
    expect(mistakesOf(inHouse())).toMatchObject([{ key: "kube-control:tsigSecret" }]);
    expect(mistakesOf(inHouse("c2VjcmV0c2VjcmV0"))).toEqual([]);
  });

  it("that is not base64 is refused", () => {
    expect(mistakesOf(inHouse("not*base64"))).toMatchObject([{ what: "is not base64." }]);
  });
});
