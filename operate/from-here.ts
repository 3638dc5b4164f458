import { Resolver } from "node:dns/promises";
import { request } from "node:https";
import type { Plan } from "./plan";
import { shown } from "./facts";

/** The endpoint as seen from this machine, which may be outside of the hosts' network. */
export interface FromHere {
  /** Addresses to which the endpoint's name resolves, or the reason of a failure. */
  readonly name: { readonly addresses: readonly string[] } | { readonly failure: string };
  /** The response of `/readyz` at the virtual IP, or the reason of a failure. */
  readonly readyz: { readonly status: number; readonly body: string } | { readonly failure: string };
}

const milliseconds = 4000;

/** Asks DNS and the virtual IP at the same time. */
export async function askFromHere(plan: Plan): Promise<FromHere> {
  const [name, readyz] = await Promise.all([resolved(plan), readyzOf(plan.virtualIp, plan)]);
  return { name, readyz };
}

async function resolved({ fqdn, nameServers }: Plan): Promise<FromHere["name"]> {
  const resolver = new Resolver({ timeout: milliseconds / 2, tries: 2 });
  try {
    if (nameServers.length > 0) resolver.setServers(nameServers);
    return { addresses: (await resolver.resolve4(fqdn)).sort() };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { failure: shown(code ?? message) };
  }
}

/** Does not verify the certificate: this machine does not have the cluster's certificate authority. The nodes verify it. */
function readyzOf(address: string, { port, fqdn }: Plan): Promise<FromHere["readyz"]> {
  return new Promise((resolve) => {
    const options = { host: address, port, path: "/readyz", servername: fqdn, rejectUnauthorized: false, agent: false };
    const asked = request({ ...options, timeout: milliseconds }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        body = (body + chunk).slice(0, 200);
        if (body.length === 200) done();
      });
      const done = () => {
        resolve({ status: response.statusCode ?? 0, body: shown(body) });
        asked.destroy();
      };
      response.on("end", done).on("error", done);
    });
    const fail = (failure: string) => {
      resolve({ failure });
      asked.destroy();
    };
    setTimeout(() => fail(`no answer within ${milliseconds / 1000} s`), milliseconds).unref();
    asked.on("error", ({ message }) => fail(shown(message))).end();
  });
}
