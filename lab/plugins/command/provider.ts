import type { Provider } from "../protocol/resource";
import { localCommand } from "./local";
import { remoteCommand } from "./remote";

/** Stands in for the official plugin of @pulumi/command, for the resource types that kube-control uses. */
export const commandProvider: Provider<unknown> = {
  name: "command",
  version: "1.2.1",
  configuration: {},
  resources: {
    "command:remote:Command": remoteCommand,
    "command:local:Command": localCommand,
  },
  configure: (configuration) => Promise.resolve(configuration),
};
