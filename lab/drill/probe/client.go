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
	dialer := net.Dialer{Timeout: patience}
	return &client{
		config: config,
		anyone: &tls.Config{RootCAs: pool, ServerName: config.FQDN},
		admin:  &tls.Config{RootCAs: pool, ServerName: config.FQDN, Certificates: []tls.Certificate{pair}},
		resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, config.NameServer)
		}},
	}, nil
}

// resolve asks for the name every second; an answer is good for its time to live, as in any cache.
func (c *client) resolve(ctx context.Context) {
	each(ctx, time.Second, func() { c.lookUp(ctx) })
}

func (c *client) lookUp(ctx context.Context) {
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	addresses, err := c.resolver.LookupNetIP(limited, "ip4", c.config.FQDN)
	if ctx.Err() != nil {
		return
	}
	result := event{Kind: "lookup"}
	result.At, result.Took = since(start)
	if err == nil && len(addresses) == 0 {
		err = errors.New("no address")
	}
	if err == nil {
		result.What = addresses[0].Unmap().String()
		c.address.Store(&resolved{address: result.What, expires: start.Add(timeToLive)})
	}
	result.Error = brief(err)
	tell(result)
}

func (c *client) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	known := c.address.Load()
	if known == nil || time.Now().After(known.expires) {
		return nil, errors.New("the name does not resolve")
	}
	dialer := net.Dialer{Timeout: patience}
	return dialer.DialContext(ctx, network, fmt.Sprintf("%s:%d", known.address, c.config.Port))
}

// transport speaks HTTP/1.1, of which a connection carries one request at a time. Of a kept connection that has ended before
// it was used again, Go tells nothing: it opens another one, and the request takes so much longer.
func (c *client) transport(config *tls.Config, keepAlive bool) *http.Transport {
	return &http.Transport{
		DialContext:         c.dial,
		TLSClientConfig:     config,
		TLSHandshakeTimeout: patience,
		DisableKeepAlives:   !keepAlive,
		DisableCompression:  true,
		MaxIdleConnsPerHost: 64,
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
	}
}

var errConflict = errors.New("409 Conflict")

// send asks once, with a body where there is one; anything but success is an error. The caller closes the answer's body.
func (c *client) send(ctx context.Context, via *http.Transport, method, path, body string) (*http.Response, error) {
	url := fmt.Sprintf("https://%s:%d%s", c.config.FQDN, c.config.Port, path)
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	// the body cannot be had again, so that a retry is never made behind our back
	request.GetBody = nil
	request.Header.Set("Content-Type", "application/json")
	answer, err := via.RoundTrip(request)
	if err != nil || answer.StatusCode < 300 {
		return answer, err
	}
	defer answer.Body.Close()
	// a connection is kept only where the answer was read to its end
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusConflict {
		return nil, errConflict
	}
	return nil, errors.New(answer.Status)
}

// get reads the answer to its end, and decodes it where there is something to decode it into.
func (c *client) get(ctx context.Context, via *http.Transport, path string, into any) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := c.send(limited, via, http.MethodGet, path, "")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(body, into)
	}
	return err
}

// attempt asks once and tells how it went, also where the probe ends meanwhile.
func (c *client) attempt(kind string, via *http.Transport, path string) {
	start := time.Now()
	err := c.get(context.Background(), via, path, nil)
	at, took := since(start)
	tell(event{Kind: kind, At: at, Took: took, Error: brief(err)})
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
	seen := map[string]float64{}
	every(ctx, 500*time.Millisecond, func() {
		var list struct {
			Items []struct {
				Metadata struct{ Name string }
				Spec     struct{ RenewTime time.Time }
			}
		}
		if c.get(ctx, via, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", &list) != nil {
			return
		}
		for _, lease := range list.Items {
			name, renewed := lease.Metadata.Name, stamp(lease.Spec.RenewTime)
			if seen[name] != renewed {
				seen[name] = renewed
				tell(event{Kind: "lease", Subject: name, Renewed: renewed})
			}
		}
	})
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
