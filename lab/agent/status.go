package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"text/template"
	"time"
)

const version = "7.0.0-lab"

var goVersion = runtime.Version()

const statusText = `{{ $title := printf "Agent (v%s)" .Version -}}
{{ line "=" $title }}
{{ $title }}
{{ line "=" $title }}
  Status date: {{ date .Now }}
  Agent start: {{ date .Start }}
  Pid: {{ .Pid }}
  Go Version: {{ .GoVersion }}
  Build arch: {{ .Arch }}
  Agent flavor: agent
  Log Level: info

  Hostnames
  =========
    hostname: {{ .Hostname }}
{{- if .ConfigErrors }}

=========
Collector
=========

  Config Errors
  ==============
{{- range .ConfigErrors }}
    {{ .Name }}
    {{ line "-" .Name }}
      {{ .Message }}
{{- end }}
{{- end }}

=========
Forwarder
=========

  API Keys status
  ===============
    API key ending with {{ .KeyEnd }}: {{ .KeyState }}

==========
Logs Agent
==========
{{- if not .LogsEnabled }}

  Logs Agent is not running
{{- else }}
    Reliable: {{ .Endpoint }}
    BytesSent: {{ .BytesSent }}
    EncodedBytesSent: {{ .EncodedBytesSent }}
    LogsProcessed: {{ .LogsProcessed }}
    LogsSent: {{ .LogsSent }}
    LogsTruncated: 0
    RetryCount: {{ .Retries }}
    RetryTimeSpent: {{ .RetryTime }}
{{- if .Integrations }}

  ============
  Integrations
  ============
{{- range .Integrations }}

  {{ .Name }}
  {{ line "-" .Name }}
{{- range .Sources }}
    - Type: {{ .Type }}
{{- if .Port }}
      Port: {{ .Port }}
{{- end }}
      Status: {{ .Status }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
`

var statusTemplate = template.Must(template.New("status").Funcs(template.FuncMap{
	"line": func(character, text string) string { return strings.Repeat(character, len(text)) },
	"date": func(t time.Time) string {
		return fmt.Sprintf("%s (%d)", t.UTC().Format("2006-01-02 15:04:05.999 UTC"), t.UnixMilli())
	},
}).Parse(statusText))

type shownSource struct {
	Type, Status string
	Port         int
}

type shownIntegration struct {
	Name    string
	Sources []shownSource
}

func (a *agent) writeStatus(out io.Writer) error {
	c := &a.sender.counters
	return statusTemplate.Execute(out, map[string]any{
		"Version": version, "Now": time.Now(), "Start": a.start, "Pid": os.Getpid(),
		"GoVersion": goVersion, "Arch": runtime.GOARCH, "Hostname": a.settings.hostname,
		"ConfigErrors": a.configErrors,
		"KeyEnd":       keyEnd(a.settings.apiKey), "KeyState": a.key.get(),
		"LogsEnabled": a.settings.logsEnabled, "Endpoint": a.endpointText(),
		"BytesSent": c.bytesSent.Load(), "EncodedBytesSent": c.encodedBytesSent.Load(),
		"LogsProcessed": c.logsProcessed.Load(), "LogsSent": c.logsSent.Load(),
		"Retries": c.retries.Load(), "RetryTime": time.Duration(c.retryNanoseconds.Load()),
		"Integrations": a.shownIntegrations(),
	})
}

func keyEnd(key string) string { return key[max(0, len(key)-5):] }

func (a *agent) endpointText() string {
	compression, protocol := "uncompressed", "HTTP"
	if a.settings.compress {
		compression = "compressed"
	}
	if a.settings.intake.tls {
		protocol = "HTTPS"
	}
	hidden := strings.Repeat("*", max(0, len(a.settings.apiKey)-5)) + keyEnd(a.settings.apiKey)
	return fmt.Sprintf("Sending %s logs in %s to %s on port %d (API Key: %s)",
		compression, protocol, a.settings.intake.host, a.settings.intake.port, hidden)
}

func (a *agent) shownIntegrations() []shownIntegration {
	var shown []shownIntegration
	for _, s := range a.sources {
		if len(shown) == 0 || shown[len(shown)-1].Name != s.Integration {
			shown = append(shown, shownIntegration{Name: s.Integration})
		}
		last := &shown[len(shown)-1]
		last.Sources = append(last.Sources, shownSource{s.Type, s.state.get(), s.Port})
	}
	return shown
}

// serveStatus answers the subcommands of other processes in the container.
func (a *agent) serveStatus() error {
	_ = os.Remove(a.settings.socket)
	listener, err := net.Listen("unix", a.settings.socket)
	if err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/status", func(w http.ResponseWriter, _ *http.Request) { _ = a.writeStatus(w) })
	routes.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { a.writeHealth(w) })
	go func() { _ = http.Serve(listener, routes) }()
	return nil
}

// writeHealth: what `agent health` prints, and whether it ends with 0. A sender that has been stuck for long is not well.
func (a *agent) writeHealth(w http.ResponseWriter) {
	if a.settings.logsEnabled && a.sender.stuck() {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, "Agent health: FAIL\n=== 1 unhealthy components ===\nlogs-agent\n")
		return
	}
	components := "forwarder"
	count := 1
	if a.settings.logsEnabled {
		components, count = "forwarder, logs-agent", 2
	}
	fmt.Fprintf(w, "Agent health: PASS\n=== %d healthy components ===\n%s\n", count, components)
}

// ask is the other side: prints what the running agent says; the exit code.
func ask(path string, out io.Writer) int {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socketPath())
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: 10 * time.Second}
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
