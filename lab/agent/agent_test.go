package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func set(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "DD_TAGS", "DD_HOSTNAME"} {
		t.Setenv(name, "")
	}
	for name, value := range variables {
		t.Setenv(name, value)
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
	set(t, map[string]string{
		"DD_PROXY_HTTP":     "http://proxy:3128",
		"DD_PROXY_HTTPS":    "http://proxy:3129",
		"DD_PROXY_NO_PROXY": "192.168.2.10 intake.local:8083",
	})
	p, err := proxiesFromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
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
	t.Setenv("DD_PROXY_HTTPS", "proxy:3128")
	if _, err := proxiesFromEnvironment(); err == nil {
		t.Error("an address without a scheme is taken")
	}
}

// received takes what is posted to the intake, by a proxy or not.
func received(t *testing.T) (*httptest.Server, chan []entry, chan string) {
	logs, targets := make(chan []entry, 10), make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		targets <- r.RequestURI
		body, _ := io.ReadAll(r.Body)
		var batch []entry
		if json.Unmarshal(body, &batch) == nil {
			logs <- batch
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(server.Close)
	return server, logs, targets
}

func started(t *testing.T) *sender {
	t.Helper()
	s, err := settingsFromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	s.batchWait = 20 * time.Millisecond
	s.hostname = hostname(s.hostname, newDocker())
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

func TestEveryListenersLogsHaveTheAgentsTagsAndHostname(t *testing.T) {
	server, logs, _ := received(t)
	set(t, map[string]string{
		"DD_LOGS_CONFIG_LOGS_DD_URL":     server.URL,
		"DD_LOGS_CONFIG_USE_COMPRESSION": "false",
		"DD_TAGS":                        "env:prod team:storage",
		"DD_HOSTNAME":                    "monitor",
	})
	out := started(t)
	for _, network := range []string{"udp", "tcp"} {
		s := source{Type: network, Port: freePort(t, network), BindHost: "127.0.0.1", Service: "qnap-nas", Source: "qnap", Tags: []string{"vendor:qnap"}, state: &sourceState{}}
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

func TestLogsGoByTheProxy(t *testing.T) {
	proxy, logs, targets := received(t)
	set(t, map[string]string{
		"DD_LOGS_CONFIG_LOGS_DD_URL":     "http://intake.example:8083",
		"DD_LOGS_CONFIG_USE_COMPRESSION": "false",
		"DD_PROXY_HTTP":                  proxy.URL,
	})
	started(t).take(source{Service: "s"}, "by proxy")
	if batch := <-logs; batch[0].Message != "by proxy" {
		t.Errorf("got %+v", batch)
	}
	if target := <-targets; target != "http://intake.example:8083/api/v2/logs" {
		t.Errorf("the proxy was asked for %s", target)
	}
}

func TestHealth(t *testing.T) {
	t.Setenv("LAB_AGENT_SOCKET", filepath.Join(t.TempDir(), "agent.sock"))
	var out strings.Builder
	if code := ask("/health", &out); code != 255 {
		t.Errorf("without an agent, health ends with %d", code)
	}
	s := settings{logsEnabled: true, socket: os.Getenv("LAB_AGENT_SOCKET")}
	a := &agent{settings: s, sender: newSender(s)}
	if err := a.serveStatus(); err != nil {
		t.Fatal(err)
	}
	if code := ask("/health", &out); code != 0 || !strings.HasPrefix(out.String(), "Agent health: PASS\n=== 2 healthy components ===\n") {
		t.Errorf("%d: %s", code, out.String())
	}
	a.sender.beat.Store(time.Now().Add(-2 * stuckAfter).UnixNano())
	out.Reset()
	if code := ask("/health", &out); code == 0 || !strings.HasPrefix(out.String(), "Agent health: FAIL\n") {
		t.Errorf("%d: %s", code, out.String())
	}
}
