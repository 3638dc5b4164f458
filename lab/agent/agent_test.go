package main

import (
	"compress/gzip"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// given is the environment that the program's component sets, with further variables.
func given(variables ...string) []string {
	return append([]string{
		"DD_API_KEY=0123456789abcdef0123456789abcdef", "DD_LOGS_ENABLED=true", "DD_LOGS_CONFIG_USE_HTTP=true",
		"DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL=true", "DD_LOGS_CONFIG_COMPRESSION_LEVEL=1",
		"DD_CONTAINER_EXCLUDE=name:dd-agent", "DD_HOSTNAME=monitor",
	}, variables...)
}

func read(t *testing.T, variables ...string) settings {
	t.Helper()
	s, err := readSettings(given(variables...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSettings(t *testing.T) {
	s := read(t)
	if s.intake.String() != "https://agent-http-intake.logs.datadoghq.com" || s.validateURL != "https://api.datadoghq.com/api/v1/validate" {
		t.Errorf("the default site is reached at %s and %s", s.intake, s.validateURL)
	}
	s = read(t, "DD_SITE=datadoghq.eu", "DD_DD_URL=http://192.168.2.10:8082/")
	if s.intake.Host != "agent-http-intake.logs.datadoghq.eu" || s.validateURL != "http://192.168.2.10:8082/api/v1/validate" {
		t.Errorf("another site is reached at %s and %s", s.intake, s.validateURL)
	}
	for variable, want := range map[string]string{
		"DD_APM_ENABLED=true":                      "this stand-in does not implement: DD_APM_ENABLED",
		"DD_LOGS_ENABLED=false":                    "DD_LOGS_ENABLED",
		"DD_HOSTNAME=":                             "DD_API_KEY or DD_HOSTNAME is not set",
		"DD_CONTAINER_EXCLUDE=image:nginx":         "DD_CONTAINER_EXCLUDE",
		"DD_LOGS_CONFIG_LOGS_DD_URL=intake:443":    "DD_LOGS_CONFIG_LOGS_DD_URL is not an http:// or https:// URL",
		"DD_PROXY_HTTPS=proxy:3128":                "DD_PROXY_HTTPS is not an http:// or https:// URL",
		"DD_LOGS_CONFIG_COMPRESSION_LEVEL=highest": "highest",
	} {
		if _, err := readSettings(given(variable)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", variable, err)
		}
	}
}

func request(t *testing.T, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestProxies(t *testing.T) {
	p := read(t, "DD_PROXY_HTTP=http://proxy:3128", "DD_PROXY_HTTPS=http://proxy:3129",
		"DD_PROXY_NO_PROXY=192.168.2.10 intake.local:8083").proxies
	for address, want := range map[string]string{
		"https://api.datadoghq.com/api/v1/validate": "http://proxy:3129",
		"http://elsewhere:8083/api/v2/logs":         "http://proxy:3128",
		"http://192.168.2.10:8083/api/v2/logs":      "",
		"http://intake.local:8083/api/v2/logs":      "",
		"http://intake.local:8084/api/v2/logs":      "http://proxy:3128",
		"http://more.192.168.2.10:8083/":            "http://proxy:3128",
	} {
		found, err := p.of(request(t, address))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if found != nil {
			got = found.String()
		}
		if got != want {
			t.Errorf("%s goes by %q, not %q", address, got, want)
		}
	}
}

// received is a server that collects the logs posted to the intake, directly or through a proxy.
func received(t *testing.T) (*httptest.Server, chan []entry, chan string) {
	logs, targets := make(chan []entry, 10), make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		targets <- r.RequestURI
		var batch []entry
		if body, err := gzip.NewReader(r.Body); err == nil && json.NewDecoder(body).Decode(&batch) == nil {
			logs <- batch
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(server.Close)
	return server, logs, targets
}

func started(t *testing.T, variables ...string) *sender {
	t.Helper()
	s := read(t, variables...)
	s.batchWait = 20 * time.Millisecond
	out := newSender(s)
	go out.run()
	t.Cleanup(out.finish)
	return out
}

func freePort(t *testing.T, network string) int {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.LocalAddr().(*net.UDPAddr).Port
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestLogsOfEachListenerHaveTheTagsAndTheHostname(t *testing.T) {
	server, logs, _ := received(t)
	out := started(t, "DD_LOGS_CONFIG_LOGS_DD_URL="+server.URL, "DD_TAGS=env:prod team:storage")
	for _, network := range []string{"udp", "tcp"} {
		s := source{Type: network, Port: freePort(t, network), Service: "qnap-nas", Source: "qnap", Tags: []string{"vendor:qnap"}, state: newState("Pending")}
		listen(s, out.take)
		if s.state.get() != "OK" {
			t.Fatalf("%s: %s", network, s.state.get())
		}
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))
		c, err := net.Dial(network, address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("a line by " + network + "\n")); err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		got := (<-logs)[0]
		want := entry{"a line by " + network, "info", got.Timestamp, "monitor", "qnap-nas", "qnap", "vendor:qnap,env:prod,team:storage"}
		if got != want {
			t.Errorf("got %+v, not %+v", got, want)
		}
	}
}

func TestLogsAreSentThroughTheProxy(t *testing.T) {
	proxy, logs, targets := received(t)
	out := started(t, "DD_LOGS_CONFIG_LOGS_DD_URL=http://intake.example:8083", "DD_PROXY_HTTP="+proxy.URL)
	out.take(source{Service: "s"}, "by proxy")
	if batch := <-logs; batch[0].Message != "by proxy" {
		t.Errorf("got %+v", batch)
	}
	if target := <-targets; target != "http://intake.example:8083/api/v2/logs" {
		t.Errorf("the proxy was asked for %s", target)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestConfd(t *testing.T) {
	mounted, own := t.TempDir(), t.TempDir()
	write(t, filepath.Join(own, "qnap.d/conf.yaml"), "of an earlier start")
	write(t, filepath.Join(mounted, "qnap.d/conf.yaml"), `# Written by kube-control.
logs:
  - type: udp
    port: 15141
    service: qnap-nas
    source: qnap
    tags:
      - vendor:qnap
    allowed_ips:
      - 192.168.2.20
`)
	write(t, filepath.Join(mounted, "wrong.d/conf.yaml"), "logs:\n  type: udp\n")
	write(t, filepath.Join(mounted, "unknown.d/conf.yaml"), "logs:\n  - type: udp\n    encoding: utf-16-le\n")
	var logged strings.Builder
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	if err := copyCustomFiles(mounted, own); err != nil {
		t.Fatal(err)
	}
	sources, _ := readConfd(own)
	if len(sources) != 1 {
		t.Fatalf("got %+v", sources)
	}
	sources[0].state = nil
	want := source{"qnap", "udp", 15141, "qnap-nas", "qnap", []string{"vendor:qnap"}, []string{"192.168.2.20"}, nil}
	if !reflect.DeepEqual(sources[0], want) {
		t.Errorf("got %+v", sources[0])
	}
	for _, part := range []string{"ERROR | ", "wrong.d/conf.yaml: ", "field encoding not found"} {
		if !strings.Contains(logged.String(), part) {
			t.Errorf("the log does not say %q: %s", part, logged.String())
		}
	}
}

func TestLinesOfOtherSendersAreDropped(t *testing.T) {
	for _, listener := range []string{"udp", "tcp"} {
		s := source{Type: listener, Port: freePort(t, listener), AllowedIPs: []string{"127.0.0.1", "10.0.0.0/8"}, state: newState("Pending")}
		lines := make(chan string, 2)
		listen(s, func(_ source, line string) { lines <- line })
		for _, from := range []string{"127.0.0.2", "127.0.0.1"} {
			dialer := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(from)}}
			if listener == "tcp" {
				dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
			}
			connection, err := dialer.Dial(listener, "127.0.0.1:"+strconv.Itoa(s.Port))
			if err != nil {
				t.Fatal(err)
			}
			connection.Write([]byte("from " + from + "\n"))
			if listener == "tcp" && from == "127.0.0.2" {
				if _, err := connection.Read(make([]byte, 1)); err == nil {
					t.Error("tcp: the connection is kept")
				}
			}
			connection.Close()
		}
		// the refused line was sent first
		if line := <-lines; line != "from 127.0.0.1" {
			t.Errorf("%s: took %q", listener, line)
		}
	}
	for text, want := range map[string]bool{"127.0.0.1:5": true, "[::ffff:10.1.2.3]:5": true, "127.0.0.2:5": false, "[::1]:5": false} {
		sender, _ := net.ResolveUDPAddr("udp", text)
		if (source{AllowedIPs: []string{"127.0.0.1", "10.0.0.0/8"}}).allows(sender) != want {
			t.Errorf("%s: not %v", text, want)
		}
		if !(source{}).allows(sender) {
			t.Errorf("%s is refused without allowed_ips", text)
		}
	}
	s := source{Type: "udp", Port: 1, AllowedIPs: []string{"nas"}, state: newState("Pending")}
	listen(s, nil)
	if !strings.HasPrefix(s.state.get(), "Error: allowed_ips: ") {
		t.Errorf("a name: %s", s.state.get())
	}
}

func TestStatus(t *testing.T) {
	a := &agent{settings: read(t), sender: newSender(settings{}), key: newState(keyValid)}
	for _, one := range []source{{Integration: "qnap", Type: "udp", Port: 15141}, {Integration: "container_collect_all", Type: "docker"}} {
		one.state = newState("Pending")
		a.sources = append(a.sources, one)
	}
	a.sources[0].state.set("OK")
	var out strings.Builder
	a.writeStatus(&out)
	for _, part := range []string{
		"    hostname: monitor\n",
		"    API key ending with bcdef: API Key valid\n",
		"    Reliable: Sending compressed logs in HTTPS to agent-http-intake.logs.datadoghq.com on port 443 (API Key: ***************************bcdef)\n",
		"\n  qnap\n  ----\n    - Type: udp\n      Port: 15141\n      Status: OK\n",
		"\n  container_collect_all\n  ---------------------\n    - Type: docker\n      Status: Pending\n",
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is not in the status:\n%s", part, out.String())
		}
	}
}

func TestARefusedPayloadIsNotSentAgain(t *testing.T) {
	for code, want := range map[int]bool{202: false, 400: false, 403: false, 413: false, 429: true, 503: true} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(code) }))
		s := newSender(read(t, "DD_LOGS_CONFIG_LOGS_DD_URL="+server.URL))
		if retry, err := s.post(nil); retry != want || (err == nil) != (code == 202) {
			t.Errorf("%d: sent again: %t, %v", code, retry, err)
		}
		server.Close()
	}
}

func TestHealth(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "agent.sock")
	var out strings.Builder
	if code := ask(socket, "/health", &out); code != 255 {
		t.Errorf("without an agent, health ends with %d", code)
	}
	a := &agent{sender: newSender(settings{})}
	if err := a.serveStatus(socket); err != nil {
		t.Fatal(err)
	}
	if code := ask(socket, "/health", &out); code != 0 || !strings.HasPrefix(out.String(), "Agent health: PASS\n=== 2 healthy components ===\n") {
		t.Errorf("%d: %s", code, out.String())
	}
	a.sender.lastLoop.Store(time.Now().Add(-2 * stuckAfter).UnixNano())
	out.Reset()
	if code := ask(socket, "/health", &out); code == 0 || !strings.HasPrefix(out.String(), "Agent health: FAIL\n") {
		t.Errorf("%d: %s", code, out.String())
	}
}
