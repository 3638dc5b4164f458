package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"sync"
	"time"
)

// flushInterval is shorter than the vendor's 15 s, so that the lab's tests take less time.
const flushInterval = 2 * time.Second

// maxWaiting is the number of results of one kind that wait for an unreachable API. The oldest are dropped.
const maxWaiting = 5000

// forwarder submits the results of checks to the API. It keeps them while the API is unreachable.
type forwarder struct {
	settings settings
	client   *http.Client
	mutex    sync.Mutex
	checks   []serviceCheck
	gauges   []gauge
}

func newForwarder(s settings) *forwarder {
	return &forwarder{settings: s, client: s.proxies.client(10 * time.Second)}
}

func (f *forwarder) take(r *results) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, check := range r.checks {
		check.Host = f.settings.hostname
		f.checks = append(f.checks, check)
	}
	f.gauges = append(f.gauges, r.gauges...)
	f.checks = f.checks[max(0, len(f.checks)-maxWaiting):]
	f.gauges = f.gauges[max(0, len(f.gauges)-maxWaiting):]
}

func (f *forwarder) run() {
	for range time.Tick(flushInterval) {
		if err := f.flush(); err != nil {
			log.Printf("WARN | Could not send the results of checks: %v", err)
		}
	}
}

// flush submits the waiting results, and keeps them if the API does not answer.
func (f *forwarder) flush() error {
	f.mutex.Lock()
	checks, gauges := f.checks, f.gauges
	f.checks, f.gauges = nil, nil
	f.mutex.Unlock()
	var failed results
	var first error
	keep := func(err error, again func()) {
		if err != nil {
			again()
			if first == nil {
				first = err
			}
		}
	}
	if len(checks) > 0 {
		keep(f.post("/api/v1/check_run", checks), func() { failed.checks = checks })
	}
	if len(gauges) > 0 {
		keep(f.post("/api/v2/series", f.series(gauges)), func() { failed.gauges = gauges })
	}
	f.mutex.Lock()
	f.checks, f.gauges = append(failed.checks, f.checks...), append(failed.gauges, f.gauges...)
	f.mutex.Unlock()
	return first
}

// series is the payload of POST /api/v2/series. Type 3 is a gauge.
func (f *forwarder) series(gauges []gauge) any {
	type point struct {
		Timestamp int64   `json:"timestamp"`
		Value     float64 `json:"value"`
	}
	type resource struct {
		Type string `json:"type"`
		Name string `json:"name"`
	}
	type one struct {
		Metric    string     `json:"metric"`
		Type      int        `json:"type"`
		Points    []point    `json:"points"`
		Resources []resource `json:"resources"`
		Tags      []string   `json:"tags"`
	}
	all := []one{}
	for _, g := range gauges {
		host := []resource{{"host", f.settings.hostname}}
		all = append(all, one{g.metric, 3, []point{{g.timestamp, g.value}}, host, g.tags})
	}
	return map[string]any{"series": all}
}

// post submits a payload. A payload that the API refuses is logged and dropped; only other failures are an error.
func (f *forwarder) post(path string, payload any) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, f.settings.submitURL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("DD-API-KEY", f.settings.apiKey)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "datadog-agent/"+version)
	response, err := f.client.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	switch {
	case response.StatusCode < 300:
		return nil
	case response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500:
		return fmt.Errorf("POST %s: code %d", path, response.StatusCode)
	}
	log.Printf("ERROR | POST %s: code %d, the payload is dropped", path, response.StatusCode)
	return nil
}
