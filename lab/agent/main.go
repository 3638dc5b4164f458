// The lab's stand-in for the image datadog/agent:7: what the logs half of the agent does, from the same environment
// and the same conf.d, sending to the same intake API. One static binary makes the image (lab/artefacts/images.ts).
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const version = "7.0.0-lab"

const usage = `The lab's stand-in for the Datadog Agent.

Usage:
  /init            run the agent, as the image's entrypoint does
  agent status     what the running agent does
  agent health     ends with 0 where the running agent is well
`

func main() {
	command := ""
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	switch {
	case filepath.Base(os.Args[0]) == "init":
		os.Exit(run())
	case command == "status" || command == "health":
		os.Exit(ask(socket, "/"+command, os.Stdout))
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(255)
	}
}
