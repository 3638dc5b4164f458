package main

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// writeStatus prints the status in the vendor's format, with the parts that the program's step `listening` and a person read.
func (a *agent) writeStatus(out io.Writer) {
	head := func(indent, line, title string) {
		fmt.Fprintf(out, "\n%[1]s%[2]s\n%[1]s%[3]s\n%[1]s%[2]s\n", indent, strings.Repeat(line, len(title)), title)
	}
	head("", "=", fmt.Sprintf("Agent (v%s)", version))
	fmt.Fprintf(out, "\n  Hostnames\n  =========\n    hostname: %s\n", a.settings.hostname)
	head("", "=", "Forwarder")
	fmt.Fprintf(out, "\n  API Keys status\n  ===============\n    API key ending with %s: %s\n", keyEnd(a.settings.apiKey), a.key.get())
	a.writeChecks(out, head)
	head("", "=", "Logs Agent")
	fmt.Fprintf(out, "    Reliable: %s\n", a.endpointText())
	fmt.Fprintf(out, "    LogsProcessed: %d\n    LogsSent: %d\n", a.sender.processed.Load(), a.sender.sent.Load())
	head("  ", "=", "Integrations")
	integration := ""
	for _, s := range a.sources {
		if s.Integration != integration {
			integration = s.Integration
			fmt.Fprintf(out, "\n  %s\n  %s\n", integration, strings.Repeat("-", len(integration)))
		}
		fmt.Fprintf(out, "    - Type: %s\n", s.Type)
		if s.Port != 0 {
			fmt.Fprintf(out, "      Port: %d\n", s.Port)
		}
		fmt.Fprintf(out, "      Status: %s\n", s.state.get())
	}
}

func keyEnd(key string) string { return key[max(0, len(key)-5):] }

func (a *agent) endpointText() string {
	u, key := a.settings.intake, a.settings.apiKey
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	hidden := strings.Repeat("*", max(0, len(key)-5)) + keyEnd(key)
	return fmt.Sprintf("Sending compressed logs in %s to %s on port %s (API Key: %s)",
		strings.ToUpper(u.Scheme), u.Hostname(), port, hidden)
}

// serveStatus answers the subcommands, which run as other processes in the container.
func (a *agent) serveStatus(socket string) error {
	// a killed container leaves the socket
	_ = os.Remove(socket)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/status", func(w http.ResponseWriter, _ *http.Request) { a.writeStatus(w) })
	routes.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { a.writeHealth(w) })
	go func() { _ = http.Serve(listener, routes) }()
	return nil
}

// writeHealth answers `agent health`. The agent is unhealthy if its sender is stuck.
func (a *agent) writeHealth(w http.ResponseWriter) {
	if a.sender.stuck() {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, "Agent health: FAIL\n=== 1 unhealthy components ===\nlogs-agent\n")
		return
	}
	fmt.Fprint(w, "Agent health: PASS\n=== 2 healthy components ===\nforwarder, logs-agent\n")
}

// ask prints the running agent's answer to a subcommand, and returns the exit code.
func ask(socket, path string, out io.Writer) int {
	client := clientOf(socket)
	client.Timeout = 10 * time.Second
	response, err := client.Get("http://agent" + path)
	if err != nil {
		fmt.Fprintf(os.Stderr, "Error: could not reach agent: %v\nMake sure the agent is running before requesting the status.\n", err)
		return 255
	}
	defer response.Body.Close()
	_, _ = io.Copy(out, response.Body)
	if response.StatusCode != http.StatusOK {
		return 1
	}
	return 0
}

// writeChecks prints the section of the collector.
func (a *agent) writeChecks(out io.Writer, head func(indent, line, title string)) {
	head("", "=", "Collector")
	fmt.Fprint(out, "\n  Running Checks\n  ==============\n")
	integration := ""
	for _, one := range a.checks {
		if one.integration != integration {
			integration = one.integration
			title := fmt.Sprintf("%s (%s)", integration, version)
			fmt.Fprintf(out, "\n    %s\n    %s\n", title, strings.Repeat("-", len(title)))
		}
		fmt.Fprintf(out, "      Instance ID: %s:%s [%s]\n", integration, one.name, one.state.get())
		fmt.Fprintf(out, "      Configuration Source: file:%s/%s.d/conf.yaml\n", confd, integration)
		fmt.Fprintf(out, "      Total Runs: %d\n", one.runs.Load())
	}
}
