import { buildBare } from "../../critical-path/commands";
import { Connections } from "../../critical-path/connections";
import type { Site } from "../site";
import type { Contestant } from "./contestant";

/** The bare commands over plain ssh, in the ideal order: what no tool can be faster than. */
export function criticalPath(site: Site): Contestant {
  const { masters, loadBalancers, monitor } = site.settings;
  return {
    name: "bare commands",
    prepare: () => Promise.resolve(),
    async build(report) {
      const connections = new Connections();
      const timer = setInterval(() => report(`${connections.told.length} commands done`), 1000);
      try {
        await buildBare(site, connections.on);
      } finally {
        clearInterval(timer);
        await connections.close([...masters, ...loadBalancers, monitor]);
      }
    },
  };
}
