import { Resolver } from "node:dns/promises";
import { setTimeout as pause } from "node:timers/promises";

/**
 * Waits until every name server answers with this address only, for at most `seconds`.
 *
 * @throws Error with the other answers
 */
export async function waitForNameServers(
  fqdn: string,
  address: string,
  nameServers: readonly string[],
  seconds: number,
): Promise<void> {
  const ask = async (server: string) => {
    const resolver = new Resolver({ timeout: 2000, tries: 1 });
    resolver.setServers([server]);
    try {
      return (await resolver.resolve4(fqdn)).join(" ");
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  };
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answers = await Promise.all(nameServers.map(async (server) => ({ server, answer: await ask(server) })));
    const others = answers.filter(({ answer }) => answer !== address);
    if (others.length === 0) {
      return;
    }
    if (Date.now() >= end) {
      const wrong = others.map(({ server, answer }) => `${server} answers ${answer}`);
      throw new Error(`after ${seconds} s, ${fqdn} does not resolve to ${address}: ${wrong.join(", ")}`);
    }
    await pause(500);
  }
}
