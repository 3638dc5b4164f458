package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"sync"
	"time"
)

// httpCheck is an instance of http_check: its options, with the vendor's names and defaults.
type httpCheck struct {
	Name             string            `yaml:"name"`
	URL              string            `yaml:"url"`
	StatusCode       string            `yaml:"http_response_status_code"`
	Timeout          float64           `yaml:"timeout"`
	SkipProxy        bool              `yaml:"skip_proxy"`
	TLSVerify        bool              `yaml:"tls_verify"`
	TLSCACert        string            `yaml:"tls_ca_cert"`
	TLSUseHostHeader bool              `yaml:"tls_use_host_header"`
	Headers          map[string]string `yaml:"headers"`
	CheckExpiration  *bool             `yaml:"check_certificate_expiration"`
	Tags             []string          `yaml:"tags"`

	proxies  proxies
	expected *regexp.Regexp
	client   func() *http.Client
}

const anyCode = `(1|2|3)\d\d`

func (c *httpCheck) prepare(s settings) (err error) {
	if c.Name == "" || c.URL == "" {
		return errors.New("name or url is not set")
	}
	if c.CheckExpiration == nil || *c.CheckExpiration {
		return errors.New("this stand-in implements only check_certificate_expiration: false")
	}
	if c.StatusCode == "" {
		c.StatusCode = anyCode
	}
	// the vendor's check compares only the beginning of the status code
	if c.expected, err = regexp.Compile("^(?:" + c.StatusCode + ")"); err != nil {
		return err
	}
	if c.Timeout == 0 {
		c.Timeout = 10
	}
	c.proxies = s.proxies
	// Created once, at the first run: a later change of the authority's file has no effect, as in the vendor's agent.
	c.client = sync.OnceValue(c.newClient)
	return nil
}

func (c *httpCheck) newClient() *http.Client {
	transport := &http.Transport{DisableKeepAlives: true, Proxy: c.proxies.of}
	if c.SkipProxy {
		transport.Proxy = nil
	}
	verify := c.TLSVerify || c.TLSCACert != ""
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: !verify}
	if c.TLSCACert != "" {
		transport.TLSClientConfig.RootCAs = authorities(c.TLSCACert)
	}
	if host := c.Headers["Host"]; verify && c.TLSUseHostHeader && host != "" {
		// The vendor's agent compares this name, but sends the host of the URL as SNI, and none for an address.
		transport.TLSClientConfig.InsecureSkipVerify = true
		transport.TLSClientConfig.VerifyConnection = verifier(transport.TLSClientConfig.RootCAs, host)
	}
	return &http.Client{Transport: transport, Timeout: time.Duration(c.Timeout * float64(time.Second))}
}

// verifier verifies a server's certificate with authorities and with a name that is not the host of the URL.
func verifier(roots *x509.CertPool, name string) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		others := x509.NewCertPool()
		for _, certificate := range state.PeerCertificates[1:] {
			others.AddCert(certificate)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: others, DNSName: name})
		return err
	}
}

// authorities reads a file of certificate authorities. Without the file, no certificate is trusted.
func authorities(file string) *x509.CertPool {
	pool := x509.NewCertPool()
	text, err := os.ReadFile(file)
	if err != nil {
		log.Printf("WARN | TLS CA certificate file not found: %s. Please check the `tls_ca_cert` configuration option.", file)
	}
	pool.AppendCertsFromPEM(text)
	return pool
}

// run reports http.can_connect and the metrics network.http.*.
func (c *httpCheck) run(r *results) {
	tags := append(append([]string{}, c.Tags...), "url:"+c.URL, "instance:"+normalized(c.Name))
	begin := time.Now()
	code, err := c.request()
	took := time.Since(begin)
	switch {
	case err != nil:
		c.report(r, tags, statusCritical, fmt.Sprintf("%v. Connection failed after %d ms", err, took.Milliseconds()))
		return
	default:
		r.gauge("network.http.response_time", took.Seconds(), tags)
	}
	if !c.expected.MatchString(fmt.Sprint(code)) {
		wanted := c.StatusCode
		if wanted == anyCode {
			wanted = "1xx or 2xx or 3xx"
		}
		message := fmt.Sprintf("Incorrect HTTP return code for url %s. Expected %s, got %d.", c.URL, wanted, code)
		c.report(r, tags, statusCritical, message)
		return
	}
	c.report(r, tags, statusOK, "")
}

func (c *httpCheck) report(r *results, tags []string, status int, message string) {
	can, cannot := 1.0, 0.0
	if status != statusOK {
		can, cannot = 0, 1
	}
	r.gauge("network.http.can_connect", can, tags)
	r.gauge("network.http.cant_connect", cannot, tags)
	r.service("http.can_connect", status, tags, message)
}

func (c *httpCheck) request() (int, error) {
	request, err := http.NewRequest(http.MethodGet, c.URL, nil)
	if err != nil {
		return 0, err
	}
	for name, value := range c.Headers {
		request.Header.Set(name, value)
	}
	request.Host = request.Header.Get("Host")
	response, err := c.client().Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, err
}
