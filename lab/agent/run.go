package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type agent struct {
	settings     settings
	start        time.Time
	sources      []source
	configErrors []configError
	key          keyState
	sender       *sender
}

const noKey = `
==================================================================================
You must set an DD_API_KEY environment variable to run the Datadog Agent container
==================================================================================

`

// run is the image's entrypoint; the exit code.
func run() int {
	log.SetFlags(log.LstdFlags | log.LUTC)
	if os.Getenv("DD_API_KEY") == "" {
		fmt.Print(noKey)
		return 1
	}
	s, err := settingsFromEnvironment()
	if err != nil {
		log.Printf("ERROR | %v", err)
		return 1
	}
	if err := copyCustomFiles(s.copyFrom, s.confd); err != nil {
		log.Printf("ERROR | cannot copy %s: %v", s.copyFrom, err)
		return 1
	}
	engine := newDocker()
	s.hostname = hostname(s.hostname, engine)
	a := &agent{settings: s, start: time.Now(), sender: newSender(s)}
	warn := func(text string) { log.Printf("WARN | %s", text) }
	a.sources, a.configErrors = readConfd(s.confd, warn)
	for _, e := range a.configErrors {
		log.Printf("ERROR | %s: %s", e.Name, e.Message)
	}
	go a.key.watch(s.proxies.client(5*time.Second), s.validateURL, s.apiKey)
	if s.logsEnabled {
		a.startLogs(engine)
	}
	if err := a.serveStatus(); err != nil {
		log.Printf("ERROR | %v", err)
		return 1
	}
	log.Printf("INFO | Starting Datadog Agent v%s (the lab's stand-in)", version)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	if s.logsEnabled {
		a.sender.finish()
	}
	_ = os.Remove(s.socket)
	return 0
}

func (a *agent) startLogs(engine docker) {
	for _, s := range a.sources {
		listen(s, a.sender.take)
		log.Printf("INFO | %s: %s on port %d: %s", s.Integration, s.Type, s.Port, s.state.get())
	}
	if a.settings.collectAll {
		all := source{Integration: "container_collect_all", Type: "docker", state: &sourceState{}}
		a.sources = append(a.sources, all)
		go engine.collectAll(all.state, excluder(a.settings.containerExclude), a.sender.take)
	}
	go a.sender.run()
}

// hostname: what is set, else the host's own by Docker, else the container's.
func hostname(set string, engine docker) string {
	if set != "" {
		return set
	}
	if name, err := engine.hostname(); err == nil && name != "" {
		return name
	}
	name, _ := os.Hostname()
	return name
}
