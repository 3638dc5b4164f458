import { parseFacts } from "../../host/facts";
import { StandInHosts } from "../stand-ins/hosts";
import { surveyText } from "../stand-ins/survey-text";

// The facts of survey.sh about the resolution of the control plane's name.

let world: StandInHosts;
beforeEach(() => (world = new StandInHosts({ "k8s-worker1": "192.0.2.21" })));
afterEach(() => world.remove());

async function facts(files: Readonly<Record<string, string>>) {
  for (const [file, text] of Object.entries(files)) world.write(`hosts/k8s-worker1/etc/${file}`, text);
  const text = surveyText();
  const { lookups, "hosts-lines": lines } = parseFacts((await world.run(text, "create", "k8s-worker1")).stdout);
  return [lookups, lines];
}

test("the order of name lookups is reported without comments", async () => {
  const file = "# hosts: nothing\npasswd: files\nhosts:\t  files mdns4_minimal [NOTFOUND=return] dns # as installed\n";
  expect(await facts({ "nsswitch.conf": file })).toEqual(["files mdns4_minimal [NOTFOUND=return] dns", ""]);
  expect(await facts({ "nsswitch.conf": "passwd: files\n" })).toEqual(["", ""]);
});

test("lines of /etc/hosts with the control plane's name are reported, except kube-control's own", async () => {
  const hosts = [
    "127.0.0.1 localhost # kube-control.example.com",
    "192.0.2.11\tmaster Kube-Control.example.com",
    "#192.0.2.12 kube-control.example.com",
    "192.0.2.10 kube-control.example.com # kube-control: for when DNS does not answer",
    "192.0.2.13 other.kube-control.example.com",
    "192.0.2.14 kube-control.example.com # by hand",
  ];
  expect(await facts({ hosts: `${hosts.join("\n")}\n` })).toEqual(["", "192.0.2.11 192.0.2.14"]);
});
