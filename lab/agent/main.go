// The lab's stand-in for the image datadog/agent:7: what the logs half of the agent does, from the same environment
// and the same conf.d, sending to the same intake API.
//
// Build: CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o agent .
// One static binary makes the image:
//
//	/init                                  the binary; Entrypoint ["/init"], no Cmd
//	/opt/datadog-agent/bin/agent/agent     the same (or a link to /init)
//	/usr/bin/agent                         the same (or a link to /init)
//	/etc/datadog-agent/conf.d/, /conf.d/, /tmp/, /run/   empty folders
//	/etc/passwd                            root:x:0:0:root:/root:/bin/sh
//
// Its configuration, as the vendor's: Env PATH=/opt/datadog-agent/bin/agent/:/usr/bin:/bin and DOCKER_DD_AGENT=true,
// ExposedPorts 8125/udp and 8126/tcp, Healthcheck ["CMD", "/usr/bin/agent", "health"] each 30 s (start period 5 s).
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const usage = `The lab's stand-in for the Datadog Agent.

Usage:
  /init            run the agent, as the image's entrypoint does
  agent run        the same
  agent status     what the running agent does
  agent health     ends with 0 where the running agent is well
  agent version
`

func main() {
	command := ""
	if filepath.Base(os.Args[0]) == "init" {
		command = "run"
	}
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	switch command {
	case "run", "start":
		os.Exit(run())
	case "status":
		os.Exit(ask("/status", os.Stdout))
	case "health", "healthcheck":
		os.Exit(ask("/health", os.Stdout))
	case "version":
		fmt.Printf("Agent %s - Go version: %s\n", version, goVersion)
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(255)
	}
}
