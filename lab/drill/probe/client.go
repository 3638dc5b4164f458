package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// A connection or a request that takes longer has failed.
	requestTimeout = time.Second
	// The time to live of the endpoint's record.
	timeToLive = time.Minute
)

var dialer = net.Dialer{Timeout: requestTimeout}

// client sends requests to the endpoint by its name.
type client struct {
	config   Config
	anyone   *tls.Config
	admin    *tls.Config
	resolver *net.Resolver
	address  atomic.Pointer[resolved]
}

type resolved struct {
	address string
	expires time.Time
}

func newClient(config Config) (*client, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(config.CA) {
		return nil, errors.New("the configuration's CA is not a PEM certificate")
	}
	pair, err := tls.X509KeyPair(config.Certificate, config.Key)
	if err != nil {
		return nil, fmt.Errorf("the administrator's certificate: %w", err)
	}
	return &client{
		config: config,
		anyone: &tls.Config{RootCAs: pool, ServerName: config.FQDN},
		admin:  &tls.Config{RootCAs: pool, ServerName: config.FQDN, Certificates: []tls.Certificate{pair}},
		resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, config.NameServer)
		}},
	}, nil
}

// lookUp resolves the name once. The address is used for the record's time to live, as in any cache.
func (c *client) lookUp() {
	start := time.Now()
	limited, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	result := event{Kind: "lookup"}
	addresses, err := c.resolver.LookupNetIP(limited, "ip4", c.config.FQDN)
	if err == nil {
		result.What = addresses[0].Unmap().String()
		c.address.Store(&resolved{result.What, start.Add(timeToLive)})
	}
	emitAttempt(result, start, err)
}

func (c *client) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	known := c.address.Load()
	if known == nil || time.Now().After(known.expires) {
		return nil, errors.New("the name does not resolve")
	}
	return dialer.DialContext(ctx, network, fmt.Sprintf("%s:%d", known.address, c.config.Port))
}

// transport uses HTTP/1.1, because it has its own dialer: a connection carries one request at a time. If a persistent connection
// has ended, Go opens another one without an error, and the request takes longer.
func (c *client) transport(config *tls.Config, keepAlive bool) *http.Transport {
	return &http.Transport{
		DialContext:         c.dial,
		TLSClientConfig:     config,
		TLSHandshakeTimeout: requestTimeout,
		DisableKeepAlives:   !keepAlive,
		DisableCompression:  true,
		MaxIdleConnsPerHost: 64,
	}
}

// status is the status of a failed request, such as `409 Conflict`.
type status string

func (s status) Error() string { return string(s) }

// send sends one request. The caller closes the response's body and checks its status.
func (c *client) send(ctx context.Context, via *http.Transport, method, path, body string) (*http.Response, error) {
	url := fmt.Sprintf("https://%s:%d%s", c.config.FQDN, c.config.Port, path)
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	// without GetBody, Go never retries a request by itself
	request.GetBody = nil
	request.Header.Set("Content-Type", "application/json")
	return via.RoundTrip(request)
}

// ask sends one request and reads the complete response, because only then the connection stays open. A status other than success
// is an error. A request that has begun is not cancelled when the probe ends.
func (c *client) ask(via *http.Transport, limit time.Duration, method, path, body string) ([]byte, error) {
	limited, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	answer, err := c.send(limited, via, method, path, body)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = status(answer.Status)
	}
	return said, err
}

// list decodes the response to GET on a path.
func (c *client) list(via *http.Transport, path string, into any) error {
	said, err := c.ask(via, requestTimeout, http.MethodGet, path, "")
	if err != nil {
		return err
	}
	return json.Unmarshal(said, into)
}

// attempt sends one request and emits its result.
func (c *client) attempt(kind string, via *http.Transport, path string) {
	start := time.Now()
	_, err := c.ask(via, requestTimeout, http.MethodGet, path, "")
	emitAttempt(event{Kind: kind}, start, err)
}

// connect requests /readyz repeatedly, each time on a new connection.
func (c *client) connect(ctx context.Context) {
	via := c.transport(c.anyone, false)
	startEvery(ctx, 20*time.Millisecond, func() { c.attempt("connect", via, "/readyz") })
}

// request reads from the API server's cache repeatedly, on one persistent connection. It opens a new one only if that has ended.
func (c *client) request(ctx context.Context) {
	via := c.transport(c.admin, true)
	via.MaxConnsPerHost = 1
	callEvery(ctx, 20*time.Millisecond, func() {
		c.attempt("request", via, "/api/v1/namespaces/kube-system?resourceVersion=0")
	})
}

// leases emits the renewals of each kubelet's lease.
func (c *client) leases(ctx context.Context) {
	via := c.transport(c.admin, true)
	seen := changes{}
	callEvery(ctx, 500*time.Millisecond, func() {
		var found struct {
			Items []struct {
				Metadata struct{ Name string }
				Spec     struct{ RenewTime time.Time }
			}
		}
		if c.list(via, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", &found) != nil {
			return
		}
		for _, lease := range found.Items {
			seen.emit(event{Kind: "lease", Subject: lease.Metadata.Name, Renewed: stamp(lease.Spec.RenewTime)})
		}
	})
}

// The timeout of one try of a write, the time for which it is retried, and the pause between two tries.
const (
	writeTimeout  = 5 * time.Second
	writeDeadline = 30 * time.Second
	writePause    = 20 * time.Millisecond
)

// write creates ConfigMaps with unique names, and retries each until it is acknowledged. If a ConfigMap exists at a retry, an
// earlier try had succeeded without an acknowledgement.
func (c *client) write(ctx context.Context) {
	via := c.transport(c.admin, true)
	var number atomic.Int64
	startEvery(ctx, 100*time.Millisecond, func() {
		start := time.Now()
		result := event{Kind: "write", Number: int(number.Add(1))}
		body := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s-%d"}}`, c.config.Run, result.Number)
		var err error
		for time.Since(start) < writeDeadline {
			result.Tries++
			_, err = c.ask(via, writeTimeout, http.MethodPost, c.configMaps(), body)
			if err == status("409 Conflict") && result.Tries > 1 {
				result.Twice, err = true, nil
			}
			if err == nil || ctx.Err() != nil {
				break
			}
			time.Sleep(writePause)
		}
		emitAttempt(result, start, err)
	})
}

// watch keeps one watch open on its own connection. When it ends, it opens it again at the last resource version.
func (c *client) watch(ctx context.Context, id int) {
	subject := fmt.Sprint(id)
	version := ""
	for ctx.Err() == nil {
		err := c.follow(ctx, subject, &version)
		if ctx.Err() == nil {
			emit(event{Kind: "watch", Subject: subject, What: "end", Error: shortError(err)})
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func (c *client) follow(ctx context.Context, subject string, version *string) error {
	via := c.transport(c.admin, false)
	via.ResponseHeaderTimeout = requestTimeout
	if *version == "" {
		var list struct {
			Metadata struct{ ResourceVersion string }
		}
		if err := c.list(via, c.configMaps()+"?limit=1", &list); err != nil {
			return err
		}
		*version = list.Metadata.ResourceVersion
	}
	path := fmt.Sprintf("%s?watch=1&allowWatchBookmarks=true&resourceVersion=%s", c.configMaps(), *version)
	answer, err := c.send(ctx, via, http.MethodGet, path, "")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return status(answer.Status)
	}
	emit(event{Kind: "watch", Subject: subject, What: "open"})
	events := json.NewDecoder(answer.Body)
	for {
		var seen struct {
			Type   string
			Object struct {
				Metadata struct{ Name, ResourceVersion string }
				Message  string
			}
		}
		if err := events.Decode(&seen); err != nil {
			return err
		}
		if seen.Type == "ERROR" {
			*version = "" // probably too old: start from the current version
			return errors.New(seen.Object.Message)
		}
		*version = seen.Object.Metadata.ResourceVersion
		if number, ours := strings.CutPrefix(seen.Object.Metadata.Name, c.config.Run+"-"); ours && seen.Type == "ADDED" {
			n, _ := strconv.Atoi(number)
			emit(event{Kind: "watch", Subject: subject, What: "event", Number: n})
		}
	}
}

func (c *client) configMaps() string {
	return "/api/v1/namespaces/" + c.config.Namespace + "/configmaps"
}

// shortError is the text of an error without addresses and ports, which differ each time.
func shortError(err error) string {
	var operation *net.OpError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.DeadlineExceeded):
		return "no response before the timeout"
	case errors.As(err, &operation):
		return operation.Err.Error()
	default:
		return err.Error()
	}
}
