import * as hostState from "../../provider/host-state";
import { secretMark } from "../../provider/secrets";
import { folderInPath, writeSshClient } from "./ssh-client";

const warnings: string[] = [];
const warn = (_urn: string, text: string) => Promise.resolve(void warnings.push(text));
beforeEach(() => warnings.splice(0));

const host = { name: "lb1", address: "192.0.2.21", port: 22, user: "ops", hostKey: "ssh-ed25519 KEY" };
const inputs = (
  checks: readonly string[],
  more: Partial<hostState.HostStateInputs> = {},
): hostState.HostStateInputs => ({
  about: "lb1",
  hosts: [host],
  checks: checks.map((text, at) => ({ what: `check ${at}`, text })),
  ...more,
});
const differences = { "haproxy.service": "is inactive, expected active" };

describe("the generation", () => {
  test("is 0 at first, and the same as long as no difference is known", () => {
    expect(hostState.check(undefined, inputs([])).inputs).toMatchObject({ generation: 0 });
    const { inputs: next } = hostState.check(inputs([], { generation: 3 }), inputs(["other"]));
    expect(next).toEqual(inputs(["other"], { generation: 3 }));
  });

  test("is raised once for the differences of a refresh, which are then forgotten", () => {
    const refreshed = inputs([], { generation: 3, differences });
    const { inputs: next } = hostState.check(refreshed, inputs([]));
    expect(next).toEqual(inputs([], { generation: 4 }));
    expect(hostState.diff(refreshed, next as hostState.HostStateInputs)).toEqual({ changes: true });
    expect(hostState.check(next as hostState.HostStateInputs, inputs([])).inputs).toEqual(next);
  });

  test("stays if the host does not answer: the state keeps the differences", () => {
    const refreshed = inputs([], { generation: 3, differences });
    const { inputs: next } = hostState.check(refreshed, refreshed);
    expect(next).toEqual(refreshed);
    expect(hostState.diff(refreshed, refreshed)).toEqual({ changes: false });
  });
});

describe("a refresh", () => {
  const urn = "urn";
  const folder = folderInPath();

  /** A client that runs on this machine what it is to run on the host; an address that ends in .99 does not answer. */
  function sshClient(): void {
    writeSshClient(
      folder(),
      `[[ $* != *.99* ]] || { echo 'connect to host: Connection timed out' >&2; exit 255; }
exec bash -c "$(sed 's/sudo -n//' <<<"\${!#}")"
`,
    );
  }

  async function refreshed(props: hostState.HostStateInputs) {
    sshClient();
    return (await hostState.read(warn, urn, "lb1", props)) as {
      props: hostState.HostStateInputs;
      inputs: hostState.HostStateInputs;
    };
  }

  test("stores each difference as input and output, and warns of it", async () => {
    const script =
      "echo 'differs haproxy.cfg: has other content'\necho '  -a'\necho '  +b'\necho 'note server m1: is DOWN'";
    const { props, inputs: stored } = await refreshed(inputs([script, "echo 'differs package x: is not held'"]));
    expect(props.differences).toEqual({
      "haproxy.cfg": "has other content\n  -a\n  +b",
      "package x": "is not held",
    });
    expect(stored).toEqual(props);
    expect(warnings).toEqual([
      "lb1: haproxy.cfg has other content\n  -a\n  +b",
      "lb1: package x is not held",
      "lb1: server m1 is DOWN",
    ]);
  });

  test("removes what was stored if nothing differs any more", async () => {
    const { props } = await refreshed(inputs(["true"], { generation: 2, differences }));
    expect(props).toEqual(inputs(["true"], { generation: 2 }));
    expect(warnings).toEqual([]);
  });

  test("counts a check that does not run to its end as a difference", async () => {
    const { props } = await refreshed(inputs(["echo 'bash: broken' >&2; exit 3", "echo 'differs y: is z'"]));
    expect(props.differences).toEqual({ "check 0": expect.stringContaining("bash: broken"), y: "is z" });
  });

  test("reports a host that does not answer, and does not fail", async () => {
    const { props } = await refreshed(inputs(["true"], { hosts: [{ ...host, address: "192.0.2.99" }] }));
    expect(props.differences).toEqual({ host: expect.stringMatching(/^does not answer: .*timed out/) });
  });

  test("asks the first host that answers", async () => {
    const hosts = [{ ...host, name: "m1", address: "192.0.2.99" }, host];
    expect((await refreshed(inputs(["true"], { hosts }))).props.differences).toBeUndefined();
  });

  test("keeps the marks of secrets", async () => {
    const marked = (value: unknown) => ({ [secretMark]: "1b47061264138c4ac30d75fd1eb44270", value });
    const given = { ...inputs(["true"]), hosts: marked([host]) } as unknown as hostState.HostStateInputs;
    expect((await refreshed(given)).props.hosts).toEqual(marked([host]));
  });

  test("shows no control character that a host sends, and bounds the number of subjects", async () => {
    const hostile = "printf 'differs a\\033[2Jb: c\\rd\\n'; for i in {1..300}; do echo \"differs s$i: x\"; done";
    const { differences: found = {} } = (await refreshed(inputs([hostile]))).props;
    expect(found["a?[2Jb"]).toBe("c?d");
    expect(Object.keys(found)).toHaveLength(100);
  });
});
