package main

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// proxies are the settings DD_PROXY_HTTP, DD_PROXY_HTTPS and DD_PROXY_NO_PROXY.
type proxies struct {
	http, https *url.URL
	noProxy     []string
}

// of is a transport's Proxy function. The request's scheme selects the proxy. Hosts in noProxy must match exactly, with or without
// the port, as in the vendor's agent without no_proxy_nonexact_match.
func (p proxies) of(request *http.Request) (*url.URL, error) {
	if slices.Contains(p.noProxy, request.URL.Host) || slices.Contains(p.noProxy, request.URL.Hostname()) {
		return nil, nil
	}
	if request.URL.Scheme == "https" {
		return p.https, nil
	}
	return p.http, nil
}

// client is an HTTP client that uses the proxies.
func (p proxies) client(timeout time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = p.of
	return &http.Client{Timeout: timeout, Transport: transport}
}

const (
	keyValid   = "API Key valid"
	keyInvalid = "API Key invalid"
	keyUnknown = "Unable to validate API Key"
)

// watchKey validates the API key: every 10 s until the API answers, then every hour.
func watchKey(shown *state, client *http.Client, url, key string) {
	for {
		shown.set(validate(client, url, key))
		if shown.get() == keyUnknown {
			time.Sleep(10 * time.Second)
		} else {
			time.Sleep(time.Hour)
		}
	}
}

func validate(client *http.Client, url, key string) string {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return keyUnknown
	}
	request.Header.Set("DD-API-KEY", key)
	response, err := client.Do(request)
	if err != nil {
		return keyUnknown
	}
	response.Body.Close()
	said := map[int]string{http.StatusOK: keyValid, http.StatusForbidden: keyInvalid}
	return cmp.Or(said[response.StatusCode], keyUnknown)
}
