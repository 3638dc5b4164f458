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
	// A connection or a request that takes longer counts as failed.
	patience = time.Second
	// How long an answer of the name server is good: the record's time to live.
	timeToLive = time.Minute
)

var dialer = net.Dialer{Timeout: patience}

// client is what asks the endpoint, by its name.
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
		return nil, errors.New("the CA cannot be read")
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

// lookUp asks for the name once; an answer is good for its time to live, as in any cache.
func (c *client) lookUp() {
	start := time.Now()
	limited, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	result := event{Kind: "lookup"}
	addresses, err := c.resolver.LookupNetIP(limited, "ip4", c.config.FQDN)
	if err == nil {
		result.What = addresses[0].Unmap().String()
		c.address.Store(&resolved{result.What, start.Add(timeToLive)})
	}
	tellEnd(result, start, err)
}

func (c *client) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	known := c.address.Load()
	if known == nil || time.Now().After(known.expires) {
		return nil, errors.New("the name does not resolve")
	}
	return dialer.DialContext(ctx, network, fmt.Sprintf("%s:%d", known.address, c.config.Port))
}

// transport speaks HTTP/1.1, since it dials by itself: a connection carries one request at a time. Of a kept connection that has ended before
// it was used again, Go tells nothing: it opens another one, and the request takes so much longer.
func (c *client) transport(config *tls.Config, keepAlive bool) *http.Transport {
	return &http.Transport{
		DialContext:         c.dial,
		TLSClientConfig:     config,
		TLSHandshakeTimeout: patience,
		DisableKeepAlives:   !keepAlive,
		DisableCompression:  true,
		MaxIdleConnsPerHost: 64,
	}
}

// status is that of an answer that is no success, such as `409 Conflict`.
type status string

func (s status) Error() string { return string(s) }

// send asks once. The caller closes the answer's body, and judges its status.
func (c *client) send(ctx context.Context, via *http.Transport, method, path, body string) (*http.Response, error) {
	url := fmt.Sprintf("https://%s:%d%s", c.config.FQDN, c.config.Port, path)
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	// the body cannot be had again, so that a retry is never made behind our back
	request.GetBody = nil
	request.Header.Set("Content-Type", "application/json")
	return via.RoundTrip(request)
}

// ask asks once, and reads the answer to its end, since a connection is kept only then; anything but success is an error. What
// is asked ends in its own time, also where the probe ends meanwhile.
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

// list decodes what is at a path.
func (c *client) list(via *http.Transport, path string, into any) error {
	said, err := c.ask(via, patience, http.MethodGet, path, "")
	if err != nil {
		return err
	}
	return json.Unmarshal(said, into)
}

// attempt asks once and tells how it went.
func (c *client) attempt(kind string, via *http.Transport, path string) {
	start := time.Now()
	_, err := c.ask(via, patience, http.MethodGet, path, "")
	tellEnd(event{Kind: kind}, start, err)
}

// connect asks /readyz on a new connection, time and again.
func (c *client) connect(ctx context.Context) {
	via := c.transport(c.anyone, false)
	each(ctx, 20*time.Millisecond, func() { c.attempt("connect", via, "/readyz") })
}

// request reads from the API server's cache, time and again on one connection that is kept; a new one only where that has ended.
func (c *client) request(ctx context.Context) {
	via := c.transport(c.admin, true)
	via.MaxConnsPerHost = 1
	every(ctx, 20*time.Millisecond, func() {
		c.attempt("request", via, "/api/v1/namespaces/kube-system?resourceVersion=0")
	})
}

// leases tells when each kubelet renews its lease.
func (c *client) leases(ctx context.Context) {
	via := c.transport(c.admin, true)
	seen := changes{}
	every(ctx, 500*time.Millisecond, func() {
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
			seen.tell(event{Kind: "lease", Subject: lease.Metadata.Name, Renewed: stamp(lease.Spec.RenewTime)})
		}
	})
}

// How long one try of a write may take, how long it is tried for, and the pause between two tries.
const (
	writePatience = 5 * time.Second
	writeFor      = 30 * time.Second
	writePause    = 20 * time.Millisecond
)

// write creates a ConfigMap time and again, each with a name of its own, and tries each until it is acknowledged. One that
// exists already when it is tried again had been written without a word of it.
func (c *client) write(ctx context.Context) {
	via := c.transport(c.admin, true)
	var number atomic.Int64
	each(ctx, 100*time.Millisecond, func() {
		start := time.Now()
		result := event{Kind: "write", Number: int(number.Add(1))}
		body := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s-%d"}}`, c.config.Run, result.Number)
		var err error
		for time.Since(start) < writeFor {
			result.Tries++
			_, err = c.ask(via, writePatience, http.MethodPost, c.configMaps(), body)
			if err == status("409 Conflict") && result.Tries > 1 {
				result.Twice, err = true, nil
			}
			if err == nil || ctx.Err() != nil {
				break
			}
			time.Sleep(writePause)
		}
		tellEnd(result, start, err)
	})
}

// watch holds one watch open on a connection of its own, and opens it again where it left off when it ends.
func (c *client) watch(ctx context.Context, id int) {
	subject := fmt.Sprint(id)
	version := ""
	for ctx.Err() == nil {
		err := c.follow(ctx, subject, &version)
		if ctx.Err() == nil {
			tell(event{Kind: "watch", Subject: subject, What: "end", Error: brief(err)})
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func (c *client) follow(ctx context.Context, subject string, version *string) error {
	via := c.transport(c.admin, false)
	via.ResponseHeaderTimeout = patience
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
	tell(event{Kind: "watch", Subject: subject, What: "open"})
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
			*version = "" // too old by now, most likely: from the present on
			return errors.New(seen.Object.Message)
		}
		*version = seen.Object.Metadata.ResourceVersion
		if number, ours := strings.CutPrefix(seen.Object.Metadata.Name, c.config.Run+"-"); ours && seen.Type == "ADDED" {
			n, _ := strconv.Atoi(number)
			tell(event{Kind: "watch", Subject: subject, What: "event", Number: n})
		}
	}
}

func (c *client) configMaps() string {
	return "/api/v1/namespaces/" + c.config.Namespace + "/configmaps"
}

// brief is an error without addresses and ports, which differ each time.
func brief(err error) string {
	var operation *net.OpError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer within its time"
	case errors.As(err, &operation):
		return operation.Err.Error()
	default:
		return err.Error()
	}
}
