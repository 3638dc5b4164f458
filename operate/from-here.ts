import { Resolver } from "node:dns/promises";
import { request } from "node:https";
import type { Plan } from "./plan";
import { shown } from "./facts";

/** The endpoint as this machine sees it. A machine outside of the hosts' network may not reach it. */
export interface FromHere {
  /** Addresses that DNS gives for the endpoint's name, or why it gives none. */
  readonly name: { readonly addresses: readonly string[] } | { readonly failure: string };
  /** What `/readyz` answered at the virtual IP, or why it did not. */
  readonly readyz: { readonly status: number; readonly body: string } | { readonly failure: string };
}

const milliseconds = 4000;

/** Asks DNS and the virtual IP, both at once. */
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

/** The certificate is not checked here: this machine has no certificate authority of the cluster. Nodes check it. */
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
