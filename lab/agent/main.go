// The lab's stand-in for the image datadog/agent:7. It implements the agent's log collection and the checks http_check, tls,
// dns_check and directory, with the same environment, the same conf.d and the same intake APIs. The image contains only this static binary
// (lab/artefacts/images.ts).
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

const version = "7.0.0-lab"

const usage = `The lab's stand-in for the Datadog Agent.

Usage:
  /init            runs the agent; the image's entrypoint
  agent status     prints the running agent's status
  agent health     exits with 0 if the running agent is healthy
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

type agent struct {
	settings settings
	sources  []source
	checks   []*instance
	key      *state
	sender   *sender
}

// run is the image's entrypoint. It returns the exit code.
func run() int {
	log.SetFlags(log.LstdFlags | log.LUTC)
	s, err := readSettings(os.Environ())
	if err != nil {
		log.Printf("ERROR | %v", err)
		return 1
	}
	if err := copyCustomFiles(mountedConfd, confd); err != nil {
		log.Printf("ERROR | cannot copy %s: %v", mountedConfd, err)
		return 1
	}
	a := &agent{settings: s, key: newState(keyUnknown), sender: newSender(s)}
	a.sources, a.checks = readConfd(confd)
	go watchKey(a.key, s.proxies.client(5*time.Second), s.validateURL, s.apiKey)
	a.startLogs()
	a.startChecks()
	if err := a.serveStatus(socket); err != nil {
		log.Printf("ERROR | %v", err)
		return 1
	}
	log.Printf("INFO | Starting Datadog Agent v%s (the lab's stand-in)", version)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	a.sender.finish()
	return 0
}

func (a *agent) startLogs() {
	for _, s := range a.sources {
		listen(s, a.sender.take)
		log.Printf("INFO | %s: %s on port %d: %s", s.Integration, s.Type, s.Port, s.state.get())
	}
	all := source{Integration: "container_collect_all", Type: "docker", state: newState("Pending")}
	a.sources = append(a.sources, all)
	go docker{clientOf("/var/run/docker.sock")}.collectAll(all.state, a.settings.exclude, a.sender.take)
	go a.sender.run()
}
