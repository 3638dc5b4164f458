package main

import (
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// certificateName is a name in the certificate of httptest.
const certificateName = "example.com"

// ran prepares a check and runs it once.
func ran(t *testing.T, c check) *results {
	t.Helper()
	if err := c.prepare(read(t)); err != nil {
		t.Fatal(err)
	}
	r := &results{now: time.Now()}
	c.run(r)
	return r
}

// statusOf returns the status and the message of a service check.
func statusOf(t *testing.T, r *results, name string) (int, string) {
	t.Helper()
	for _, one := range r.checks {
		if one.Check == name {
			return one.Status, one.Message
		}
	}
	t.Fatalf("%s is not in %+v", name, r.checks)
	return 0, ""
}

func valueOf(t *testing.T, r *results, metric string) float64 {
	t.Helper()
	for _, one := range r.gauges {
		if one.metric == metric {
			return one.value
		}
	}
	t.Fatalf("%s is not in %+v", metric, r.gauges)
	return 0
}

// apiServer starts a server that answers /readyz over TLS with the certificate of httptest. It returns the file of its authority.
func apiServer(t *testing.T, code int) (server *httptest.Server, authority string, hosts *[]string) {
	hosts = &[]string{}
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*hosts = append(*hosts, r.Host+" "+r.TLS.ServerName)
		w.WriteHeader(code)
	}))
	server.Config.ErrorLog = log.New(os.Stderr, "", 0)
	server.Config.ErrorLog.SetOutput(&strings.Builder{})
	server.StartTLS()
	t.Cleanup(server.Close)
	authority = filepath.Join(t.TempDir(), "ca.crt")
	write(t, authority, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	return server, authority, hosts
}

// byName returns an http_check that connects to an address and compares the certificate with a name.
func byName(name, url, authority string) *httpCheck {
	no := false
	return &httpCheck{
		Name: "haproxy-lb1", URL: url + "/readyz", StatusCode: "200", Timeout: 2, SkipProxy: true, CheckExpiration: &no,
		TLSVerify: true, TLSCACert: authority, TLSUseHostHeader: true, Headers: map[string]string{"Host": name},
		Tags: []string{"watched_host:haproxy-lb1"},
	}
}

func TestHTTPCheckReportsAServerThatAnswers(t *testing.T) {
	server, authority, hosts := apiServer(t, http.StatusOK)
	r := ran(t, byName(certificateName, server.URL, authority))
	if status, message := statusOf(t, r, "http.can_connect"); status != statusOK || message != "" {
		t.Errorf("status %d: %s", status, message)
	}
	tags := []string{"watched_host:haproxy-lb1", "url:" + server.URL + "/readyz", "instance:haproxy_lb1"}
	if !slices.Equal(r.checks[0].Tags, tags) {
		t.Errorf("tags %v", r.checks[0].Tags)
	}
	// without SNI
	if want := certificateName + " "; !slices.Equal(*hosts, []string{want}) {
		t.Errorf("Host and SNI are %v", *hosts)
	}
	if valueOf(t, r, "network.http.can_connect") != 1 || valueOf(t, r, "network.http.cant_connect") != 0 || valueOf(t, r, "network.http.response_time") <= 0 {
		t.Errorf("metrics %+v", r.gauges)
	}
}

func TestHTTPCheckReportsAServerThatFails(t *testing.T) {
	server, authority, _ := apiServer(t, http.StatusInternalServerError)
	other, _, _ := apiServer(t, http.StatusOK)
	closed := "https://127.0.0.1:" + strconv.Itoa(freePort(t, "tcp"))
	for what, one := range map[string]struct {
		check *httpCheck
		want  string
	}{
		"status 500":        {byName(certificateName, server.URL, authority), "Expected 200, got 500."},
		"no listener":       {byName(certificateName, closed, authority), "connection refused"},
		"another name":      {byName("kube-control.example.org", other.URL, authority), "certificate is valid for"},
		"no authority file": {byName(certificateName, other.URL, "/does/not/exist"), "unknown authority"},
		"no answer":         {byName(certificateName, "https://192.0.2.1:6443", authority), "Connection failed after"},
	} {
		one.check.Timeout = 0.5
		r := ran(t, one.check)
		if status, message := statusOf(t, r, "http.can_connect"); status != statusCritical || !strings.Contains(message, one.want) {
			t.Errorf("%s: status %d: %s", what, status, message)
		}
		if valueOf(t, r, "network.http.can_connect") != 0 || valueOf(t, r, "network.http.cant_connect") != 1 {
			t.Errorf("%s: metrics %+v", what, r.gauges)
		}
	}
}

func TestHTTPCheckKeepsTheAuthorityOfItsFirstRun(t *testing.T) {
	server, authority, _ := apiServer(t, http.StatusOK)
	file := filepath.Join(t.TempDir(), "later.crt")
	c := byName(certificateName, server.URL, file)
	ran(t, c)
	text, _ := os.ReadFile(authority)
	write(t, file, string(text))
	r := &results{now: time.Now()}
	c.run(r)
	if status, _ := statusOf(t, r, "http.can_connect"); status != statusCritical {
		t.Error("the check has read the changed file")
	}
	if status, _ := statusOf(t, ran(t, c), "http.can_connect"); status != statusOK {
		t.Error("the check has not read the changed file after a restart")
	}
}

func TestHTTPCheckUsesTheProxyUnlessItIsSkipped(t *testing.T) {
	proxy, _, targets := received(t)
	no := false
	c := &httpCheck{Name: "n", URL: "http://192.0.2.1:8080/", CheckExpiration: &no, Timeout: 2}
	if err := c.prepare(read(t, "DD_PROXY_HTTP="+proxy.URL)); err != nil {
		t.Fatal(err)
	}
	c.run(&results{now: time.Now()})
	if target := <-targets; target != "http://192.0.2.1:8080/" {
		t.Errorf("the proxy was asked for %s", target)
	}
}

func tlsOf(t *testing.T, server *httptest.Server, name string) *tlsCheck {
	t.Helper()
	u, _ := url.Parse(server.URL)
	port, _ := strconv.Atoi(u.Port())
	no := false
	return &tlsCheck{Name: "k8s-master1", Server: u.Hostname(), Port: port, ServerHostname: name, TLSVerify: &no, Tags: []string{"a:b"}}
}

func TestTLSReportsTheDaysLeft(t *testing.T) {
	server, _, _ := apiServer(t, http.StatusOK)
	c := tlsOf(t, server, certificateName)
	r := ran(t, c)
	for _, name := range []string{"tls.can_connect", "tls.version", "tls.cert_validation", "tls.cert_expiration"} {
		if status, message := statusOf(t, r, name); status != statusOK {
			t.Errorf("%s: status %d: %s", name, status, message)
		}
	}
	left := time.Until(server.Certificate().NotAfter).Hours() / 24
	if days := valueOf(t, r, "tls.days_left"); days < left-1 || days > left+1 {
		t.Errorf("%v days left, not %v", days, left)
	}
	tags := []string{"a:b", "name:k8s-master1", "server_hostname:" + certificateName, "server:127.0.0.1", "port:" + strconv.Itoa(c.Port)}
	if !slices.Equal(r.checks[0].Tags, tags) {
		t.Errorf("tags %v", r.checks[0].Tags)
	}
}

func TestTLSReportsACertificateThatEnds(t *testing.T) {
	for _, one := range []struct {
		left time.Duration
		want int
	}{
		{61 * 24 * time.Hour, statusOK},
		{59 * 24 * time.Hour, statusWarning},
		{29 * 24 * time.Hour, statusCritical},
		{-time.Hour, statusCritical},
	} {
		r := &results{now: time.Now()}
		(&tlsCheck{DaysWarning: 60, DaysCritical: 30}).reportAge(r, nil, one.left)
		if status, message := statusOf(t, r, "tls.cert_expiration"); status != one.want {
			t.Errorf("%s left: status %d: %s", one.left, status, message)
		}
	}
}

func TestTLSReadsACertificateInAFile(t *testing.T) {
	server, authority, _ := apiServer(t, http.StatusOK)
	no := false
	c := &tlsCheck{Name: "authority", LocalCertPath: authority, ValidateHostname: &no, Tags: []string{"a:b"}}
	r := ran(t, c)
	if status, message := statusOf(t, r, "tls.cert_expiration"); status != statusOK || !slices.Equal(r.checks[0].Tags, []string{"a:b", "name:authority"}) {
		t.Errorf("status %d: %s, tags %v", status, message, r.checks[0].Tags)
	}
	left := time.Until(server.Certificate().NotAfter).Hours() / 24
	if days := valueOf(t, r, "tls.days_left"); days < left-1 || days > left+1 {
		t.Errorf("%v days left, not %v", days, left)
	}
	for text, want := range map[string]string{"": "Unable to open the certificate", "none": "Unable to parse the certificate"} {
		c.LocalCertPath = filepath.Join(t.TempDir(), "ca.crt")
		if text != "" {
			write(t, c.LocalCertPath, text)
		}
		r := ran(t, c)
		if status, message := statusOf(t, r, "tls.cert_validation"); status != statusCritical || !strings.HasPrefix(message, want) || len(r.checks) != 1 {
			t.Errorf("%q: status %d: %s", text, status, message)
		}
	}
	if (&tlsCheck{LocalCertPath: authority}).prepare(read(t)) == nil {
		t.Error("a name is not compared in this stand-in, but no error says so")
	}
}

func TestTLSReportsWhatIsWrong(t *testing.T) {
	server, _, _ := apiServer(t, http.StatusOK)
	if status, _ := statusOf(t, ran(t, tlsOf(t, server, "kube-control.example.org")), "tls.cert_validation"); status != statusCritical {
		t.Error("a certificate for another name is valid")
	}
	closed := tlsOf(t, server, certificateName)
	closed.Port = freePort(t, "tcp")
	r := ran(t, closed)
	if status, _ := statusOf(t, r, "tls.can_connect"); status != statusCritical || len(r.checks) != 1 {
		t.Errorf("a closed port: %+v", r.checks)
	}
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	if status, message := statusOf(t, ran(t, tlsOf(t, old, certificateName)), "tls.version"); status != statusCritical || !strings.HasPrefix(message, "Disallowed protocol version: ") {
		t.Errorf("TLS 1.1: %d %s", status, message)
	}
}

// nameServer starts a name server that answers each query with these addresses, or with NXDOMAIN if there are none.
func nameServer(t *testing.T, addresses ...string) (port string) {
	t.Helper()
	connection, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			size, from, err := connection.ReadFrom(buffer)
			if err != nil {
				return
			}
			// the header, and the question up to its type and class
			end := 12 + strings.IndexByte(string(buffer[12:size]), 0) + 5
			answer := slices.Clone(buffer[:end])
			flags, count := uint16(0x8180), len(addresses)
			if count == 0 {
				flags |= 3
			}
			binary.BigEndian.PutUint16(answer[2:], flags)
			binary.BigEndian.PutUint16(answer[6:], uint16(count))
			binary.BigEndian.PutUint32(answer[8:], 0)
			for _, address := range addresses {
				answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
				answer = append(answer, net.ParseIP(address).To4()...)
			}
			_, _ = connection.WriteTo(answer, from)
		}
	}()
	_, port, _ = net.SplitHostPort(connection.LocalAddr().String())
	return port
}

func TestDNSCheckComparesTheAddresses(t *testing.T) {
	for _, one := range []struct {
		answers []string
		want    int
	}{
		{[]string{"192.0.2.10"}, statusOK},
		{[]string{"192.0.2.11"}, statusCritical},
		{[]string{"192.0.2.10", "192.0.2.11"}, statusCritical},
		{nil, statusCritical},
	} {
		c := &dnsCheck{Name: "name", Hostname: "kube-control.example.com", Nameserver: "127.0.0.1", Port: nameServer(t, one.answers...),
			ResolvesAs: "192.0.2.10", Timeout: 2, Tags: []string{"a:b"}}
		r := ran(t, c)
		if status, message := statusOf(t, r, "dns.can_resolve"); status != one.want {
			t.Errorf("%v: status %d: %s", one.answers, status, message)
		}
		tags := []string{"a:b", "nameserver:127.0.0.1", "resolved_hostname:kube-control.example.com", "instance:name", "record_type:A", "resolved_as:192.0.2.10"}
		if !slices.Equal(r.checks[0].Tags, tags) {
			t.Errorf("tags %v", r.checks[0].Tags)
		}
		if one.want == statusOK && valueOf(t, r, "dns.response_time") <= 0 {
			t.Errorf("metrics %+v", r.gauges)
		}
	}
}

func TestDNSCheckReportsASilentNameServer(t *testing.T) {
	connection, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_, port, _ := net.SplitHostPort(connection.LocalAddr().String())
	r := ran(t, &dnsCheck{Hostname: "a.example.com", Nameserver: "127.0.0.1", Port: port, Timeout: 0.2})
	if status, message := statusOf(t, r, "dns.can_resolve"); status != statusCritical || message != "DNS resolution of a.example.com timed out" {
		t.Errorf("status %d: %s", status, message)
	}
}

const http1 = `# Written by kube-control.
init_config: {}
instances:
  - name: k8s-master1
    url: https://192.0.2.11:6443/readyz
    http_response_status_code: "200"
    timeout: 5
    skip_proxy: true
    tls_verify: true
    tls_ca_cert: /conf.d/kubernetes-ca.crt
    headers:
      Host: kube-control.example.com
    tls_use_host_header: true
    check_certificate_expiration: false
    tags:
      - watched_host:k8s-master1
  - name: slow
    url: http://192.0.2.11/
    check_certificate_expiration: false
    min_collection_interval: 60
`

func TestConfdOfChecks(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "http_check.d/conf.yaml"), http1)
	write(t, filepath.Join(folder, "tls.d/conf.yaml"), "init_config: {}\ninstances:\n  - server: a\n    colour: red\n")
	write(t, filepath.Join(folder, "ntp.d/conf.yaml"), "init_config: {}\ninstances:\n  - host: a\n")
	write(t, filepath.Join(folder, "dns_check.d/conf.yaml"), "init_config:\n  default_timeout: 4\ninstances:\n  - hostname: a\n")
	var logged strings.Builder
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	sources, checks := readConfd(folder)
	if len(sources) != 0 || len(checks) != 2 {
		t.Fatalf("got %v and %v: %s", sources, checks, logged.String())
	}
	if checks[0].interval != 15*time.Second || checks[1].interval != time.Minute {
		t.Errorf("the intervals are %s and %s", checks[0].interval, checks[1].interval)
	}
	first := checks[0].check.(*httpCheck)
	if first.StatusCode != "200" || first.Headers["Host"] != "kube-control.example.com" || !first.TLSUseHostHeader || !first.SkipProxy {
		t.Errorf("got %+v", first)
	}
	for _, part := range []string{"field colour not found", "does not implement the check ntp", "options of init_config"} {
		if !strings.Contains(logged.String(), part) {
			t.Errorf("the log does not contain %q: %s", part, logged.String())
		}
	}
	a := &agent{settings: read(t), sender: newSender(settings{}), key: newState(keyValid), checks: checks}
	var out strings.Builder
	a.writeStatus(&out)
	if !strings.Contains(out.String(), "\n      Instance ID: http_check:k8s-master1 [OK]\n") {
		t.Errorf("the status is\n%s", out.String())
	}
}

func TestResultsAreSubmittedAndKeptWhileTheAPIDoesNotAnswer(t *testing.T) {
	type call struct {
		path string
		body any
	}
	calls, code := make(chan call, 10), http.StatusServiceUnavailable
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body any
		_ = json.NewDecoder(r.Body).Decode(&body)
		if r.Header.Get("DD-API-KEY") == "" {
			t.Error("there is no API key")
		}
		calls <- call{r.URL.Path, body}
		w.WriteHeader(code)
	}))
	defer server.Close()
	f := newForwarder(read(t, "DD_DD_URL="+server.URL))
	r := &results{now: time.Unix(1_700_000_000, 0)}
	r.service("http.can_connect", statusCritical, []string{"a:b"}, strings.Repeat("é", 600))
	r.service("http.can_connect", statusOK, []string{"a:b"}, "up")
	r.gauge("tls.days_left", 12.5, []string{"a:b"})
	f.take(r)
	if f.flush() == nil {
		t.Error("a failure is not an error")
	}
	code = http.StatusAccepted
	if err := f.flush(); err != nil {
		t.Error(err)
	}
	close(calls)
	var paths []string
	for one := range calls {
		paths = append(paths, one.path)
		if one.path == "/api/v1/check_run" {
			first := one.body.([]any)[0].(map[string]any)
			if first["host_name"] != "monitor" || first["status"] != 2.0 || first["timestamp"] != 1.7e9 || len([]rune(first["message"].(string))) != maxMessage {
				t.Errorf("got %v", first)
			}
			if second := one.body.([]any)[1].(map[string]any); second["message"] != "" {
				t.Errorf("got %v", second)
			}
			continue
		}
		series := one.body.(map[string]any)["series"].([]any)[0].(map[string]any)
		if series["metric"] != "tls.days_left" || series["type"] != 3.0 {
			t.Errorf("got %v", series)
		}
	}
	if want := []string{"/api/v1/check_run", "/api/v2/series", "/api/v1/check_run", "/api/v2/series"}; !slices.Equal(paths, want) {
		t.Errorf("called %v", paths)
	}
	if err := f.flush(); err != nil || len(f.checks) != 0 {
		t.Errorf("results are left: %v, %v", f.checks, err)
	}
}

func TestNormalizedTags(t *testing.T) {
	for text, want := range map[string]string{"haproxy-lb1": "haproxy_lb1", "a (b)": "a_b", "k8s.master": "k8s.master"} {
		if got := normalized(text); got != want {
			t.Errorf("%s becomes %s", text, got)
		}
	}
}

func TestDirectoryReportsTheAgeOfEachFile(t *testing.T) {
	folder := t.TempDir()
	for name, age := range map[string]time.Duration{"k8s-master1.tar.age": time.Hour, "k8s-master2.tar.age": 3 * time.Hour} {
		write(t, filepath.Join(folder, name), "age-encryption.org/v1")
		then := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(folder, name), then, then); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "k8s-master3"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := ran(t, &directoryCheck{Directory: folder, Name: "backups", FileGauges: true, IgnoreMissing: true, Tags: []string{"a:b"}})
	ages := map[string]float64{}
	for _, one := range r.gauges {
		if one.metric == "system.disk.directory.file.modified_sec_ago" {
			ages[strings.Join(one.tags, " ")] = one.value
		}
	}
	for name, want := range map[string]float64{"k8s-master1.tar.age": 3600, "k8s-master2.tar.age": 10800} {
		got, found := ages["filename:"+filepath.Join(folder, name)+" name:backups a:b"]
		if !found || got < want || got > want+60 {
			t.Errorf("%s: %v in %v", name, got, ages)
		}
	}
	if valueOf(t, r, "system.disk.directory.files") != 2 || valueOf(t, r, "system.disk.directory.folders") != 1 || valueOf(t, r, "system.disk.directory.bytes") != 42 {
		t.Errorf("metrics %+v", r.gauges)
	}
	if status, _ := statusOf(t, r, "system.disk.directory.exists"); status != statusOK {
		t.Errorf("status %d", status)
	}
	if tags := []string{"dir_name:backups", "a:b"}; !slices.Equal(r.checks[0].Tags, tags) {
		t.Errorf("tags %v", r.checks[0].Tags)
	}
}

func TestDirectoryWarnsOfAMissingFolder(t *testing.T) {
	r := ran(t, &directoryCheck{Directory: filepath.Join(t.TempDir(), "missing"), FileGauges: true, IgnoreMissing: true})
	if status, message := statusOf(t, r, "system.disk.directory.exists"); status != statusWarning || !strings.Contains(message, "doesn't exist") {
		t.Errorf("status %d: %s", status, message)
	}
	if len(r.gauges) != 0 {
		t.Errorf("metrics %+v", r.gauges)
	}
}

func TestDirectoryRefusesWhatItDoesNotImplement(t *testing.T) {
	for _, one := range []*directoryCheck{
		{FileGauges: true, IgnoreMissing: true},
		{Directory: "/a", IgnoreMissing: true},
		{Directory: "/a", FileGauges: true},
	} {
		if one.prepare(read(t)) == nil {
			t.Errorf("%+v is not refused", one)
		}
	}
}
