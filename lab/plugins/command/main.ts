import { serve } from "../protocol/serve";
import { localCommand } from "./local";
import { remoteCommand } from "./remote";

// A stand-in for the official plugin of @pulumi/command, with the resource types that kube-control uses.
serve({
  name: "command",
  configuration: {},
  resources: {
    "command:remote:Command": remoteCommand,
    "command:local:Command": localCommand,
  },
  configure: (configuration) => configuration,
});
