import { flag, list, required, text } from "../protocol/schema";
import { serve } from "../protocol/serve";
import { isUnknown } from "../protocol/value";
import { container } from "./container";
import { Daemon } from "./daemon";
import { remoteImage } from "./image";

// A stand-in for the official plugin of @pulumi/docker, with the resource types that kube-control uses.
serve<Daemon>({
  name: "docker",
  configuration: { host: required(text), sshOpts: list(text), disableDockerDaemonCheck: flag },
  resources: {
    "docker:index/remoteImage:RemoteImage": remoteImage,
    "docker:index/container:Container": container,
  },
  checkConfiguration({ host }) {
    const url = host as string;
    const known = isUnknown(url) || (/^ssh:\/\/[^/@]+@[^/]+:\d+$/.test(url) && URL.canParse(url));
    return known
      ? []
      : [{ property: "host", reason: `unable to parse docker host "${url}": it must be ssh://user@host:port` }];
  },
  configure: ({ host, sshOpts = [] }) => new Daemon(new URL(host as string), sshOpts as string[]),
});
