package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// proxies: what DD_PROXY_HTTP, DD_PROXY_HTTPS and DD_PROXY_NO_PROXY say. The usual variables without DD_ are read where
// these are not set, as by the vendor's agent.
type proxies struct {
	http, https *url.URL
	noProxy     []string
}

func proxiesFromEnvironment() (proxies, error) {
	var p proxies
	var err error
	if p.http, err = proxyURL("DD_PROXY_HTTP", "HTTP_PROXY"); err != nil {
		return p, err
	}
	if p.https, err = proxyURL("DD_PROXY_HTTPS", "HTTPS_PROXY"); err != nil {
		return p, err
	}
	p.noProxy = strings.Fields(text("DD_PROXY_NO_PROXY", strings.ReplaceAll(text("NO_PROXY", ""), ",", " ")))
	return p, nil
}

func proxyURL(name, usual string) (*url.URL, error) {
	value := text(name, text(usual, ""))
	if value == "" {
		return nil, nil
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%s is not a URL: %q", name, value)
	}
	return u, nil
}

// of is a transport's Proxy: by the scheme of what is asked; hosts of noProxy are compared as they are written, with and
// without their port, as by the vendor's agent where no_proxy_nonexact_match is not set.
func (p proxies) of(request *http.Request) (*url.URL, error) {
	if slices.Contains(p.noProxy, request.URL.Host) || slices.Contains(p.noProxy, request.URL.Hostname()) {
		return nil, nil
	}
	if request.URL.Scheme == "https" {
		return p.https, nil
	}
	return p.http, nil
}

// client reaches Datadog, by a proxy where there is one.
func (p proxies) client(timeout time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = p.of
	return &http.Client{Timeout: timeout, Transport: transport}
}
