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
	"sync"
	"time"
)

// A connection or a request that takes longer counts as failed.
const patience = time.Second

// client is what asks the endpoint, by its name.
type client struct {
	config   Config
	anyone   *tls.Config
	admin    *tls.Config
	resolver *net.Resolver
	lock     sync.Mutex
	address  string
	expires  time.Time
	resolved chan struct{}
}

func newClient(config Config) (*client, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(config.CA)) {
		return nil, errors.New("the CA cannot be read")
	}
	pair, err := tls.X509KeyPair([]byte(config.Certificate), []byte(config.Key))
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
		resolved: make(chan struct{}),
	}, nil
}

// resolve asks for the name every second; an answer is good for its time to live, as in any cache.
func (c *client) resolve(ctx context.Context, out *output) {
	var once sync.Once
	ask := func() {
		start := time.Now()
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		addresses, err := c.resolver.LookupNetIP(limited, "ip4", c.config.FQDN)
		at, took := since(start)
		if err == nil && len(addresses) == 0 {
			err = errors.New("no address")
		}
		if err != nil {
			if ctx.Err() == nil {
				out.tell(event{Kind: "lookup", At: at, Took: took, Error: brief(err)})
			}
			return
		}
		address := addresses[0].String()
		c.lock.Lock()
		c.address, c.expires = address, start.Add(time.Duration(c.config.TTL)*time.Millisecond)
		c.lock.Unlock()
		once.Do(func() { close(c.resolved) })
		out.tell(event{Kind: "lookup", At: at, Took: took, What: address})
	}
	ask()
	every(ctx, 1000, func() { go ask() })
}

func (c *client) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	c.lock.Lock()
	address, expires := c.address, c.expires
	c.lock.Unlock()
	if time.Now().After(expires) {
		return nil, errors.New("the name does not resolve")
	}
	dialer := net.Dialer{Timeout: patience}
	return dialer.DialContext(ctx, network, fmt.Sprintf("%s:%d", address, c.config.Port))
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

func (c *client) url(path string) string {
	return fmt.Sprintf("https://%s:%d%s", c.config.FQDN, c.config.Port, path)
}

// ready waits until the name was resolved once.
func (c *client) ready(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-c.resolved:
		return true
	}
}

// get asks once and reads the answer to its end; anything but 200 is an error.
func get(ctx context.Context, via *http.Transport, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := (&http.Client{Transport: via}).Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	return body, err
}

// connect asks /readyz on a new connection, time and again.
func (c *client) connect(ctx context.Context, out *output) {
	if !c.ready(ctx) {
		return
	}
	via := c.transport(c.anyone, false)
	var underWay sync.WaitGroup
	every(ctx, c.config.ConnectEvery, func() {
		underWay.Go(func() {
			start := time.Now()
			limited, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			_, err := get(limited, via, c.url("/readyz"))
			at, took := since(start)
			out.tell(event{Kind: "connect", At: at, Took: took, Error: brief(err)})
		})
	})
	underWay.Wait()
}

// request reads from the API server's cache, time and again on one connection that is kept; a new one only where that has ended.
func (c *client) request(ctx context.Context, out *output) {
	if !c.ready(ctx) {
		return
	}
	via := c.transport(c.admin, true)
	via.MaxConnsPerHost = 1
	every(ctx, c.config.RequestEvery, func() {
		start := time.Now()
		limited, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, err := get(limited, via, c.url("/api/v1/namespaces/kube-system?resourceVersion=0"))
		at, took := since(start)
		out.tell(event{Kind: "request", At: at, Took: took, Error: brief(err)})
	})
}

// leases tells when each kubelet renews its lease.
func (c *client) leases(ctx context.Context, out *output) {
	if !c.ready(ctx) {
		return
	}
	via := c.transport(c.admin, true)
	seen := map[string]float64{}
	every(ctx, 500, func() {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		body, err := get(limited, via, c.url("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"))
		if err != nil {
			return
		}
		var list struct {
			Items []struct {
				Metadata struct{ Name string }
				Spec     struct{ RenewTime time.Time }
			}
		}
		if json.Unmarshal(body, &list) != nil {
			return
		}
		for _, lease := range list.Items {
			renewed := stamp(lease.Spec.RenewTime)
			if seen[lease.Metadata.Name] != renewed {
				seen[lease.Metadata.Name] = renewed
				out.tell(event{Kind: "lease", At: now(), Subject: lease.Metadata.Name, Renewed: renewed})
			}
		}
	})
}

// brief is an error without the address that every one of them begins with.
func brief(err error) string {
	if err == nil {
		return ""
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer within its time"
	}
	text := err.Error()
	if cut := strings.LastIndex(text, ": "); cut >= 0 && strings.Contains(text, "dial tcp") {
		return "connect: " + text[cut+2:]
	}
	if _, rest, found := strings.Cut(text, `": `); found {
		text = rest
	}
	return text
}
