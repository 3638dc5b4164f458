package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// entry is one log of the intake's v2 payload.
type entry struct {
	Message   string `json:"message"`
	Status    string `json:"status"`
	Timestamp int64  `json:"timestamp"`
	Hostname  string `json:"hostname"`
	Service   string `json:"service"`
	Source    string `json:"ddsource"`
	Tags      string `json:"ddtags"`
}

const (
	maxBatchLogs  = 1000
	maxBatchBytes = 5_000_000
	maxBackoff    = 120 * time.Second
)

// sender posts logs in batches and in order to the intake. It drops batches that the intake refuses, and retries other failures.
type sender struct {
	settings settings
	queue    chan entry
	done     chan struct{}
	stop     chan struct{}
	client   *http.Client
	// the number of logs from listeners, and of those that the intake accepted
	processed, sent atomic.Int64
	// the last iteration of run's loop, in nanoseconds since 1970
	lastLoop atomic.Int64
}

// A sender is unhealthy if its loop stopped for so long. An unreachable intake does not make it unhealthy.
const stuckAfter = time.Minute

func (s *sender) stuck() bool {
	last := s.lastLoop.Load()
	return last != 0 && time.Since(time.Unix(0, last)) > stuckAfter
}

func newSender(s settings) *sender {
	return &sender{
		settings: s,
		queue:    make(chan entry, 10_000),
		done:     make(chan struct{}),
		stop:     make(chan struct{}),
		client:   s.proxies.client(10 * time.Second),
	}
}

// take queues a log. It blocks its listener while the queue is full.
func (s *sender) take(from source, message string) {
	s.processed.Add(1)
	s.queue <- entry{
		Message:   strings.ToValidUTF8(message, "\uFFFD"),
		Status:    "info",
		Timestamp: time.Now().UnixMilli(),
		Hostname:  s.settings.hostname,
		Service:   from.Service,
		Source:    from.Source,
		Tags:      strings.Join(slices.Concat(from.Tags, s.settings.tags), ","),
	}
}

// run sends logs until finish is called, and then the rest of the queue.
func (s *sender) run() {
	defer close(s.done)
	var batch []entry
	size := 0
	ticker := time.NewTicker(s.settings.batchWait)
	defer ticker.Stop()
	flush := func() {
		if len(batch) > 0 {
			s.deliver(batch)
			batch, size = nil, 0
		}
	}
	for {
		s.lastLoop.Store(time.Now().UnixNano())
		select {
		case e := <-s.queue:
			batch = append(batch, e)
			size += len(e.Message)
			if len(batch) >= maxBatchLogs || size >= maxBatchBytes {
				flush()
			}
		case <-ticker.C:
			flush()
		case <-s.stop:
			for len(s.queue) > 0 {
				batch = append(batch, <-s.queue)
			}
			flush()
			return
		}
	}
}

// finish sends the rest of the queue, for at most five seconds.
func (s *sender) finish() {
	close(s.stop)
	select {
	case <-s.done:
	case <-time.After(5 * time.Second):
	}
}

func (s *sender) deliver(batch []entry) {
	payload, err := s.encode(batch)
	if err != nil {
		log.Printf("ERROR | cannot encode logs: %v", err)
		return
	}
	for backoff := time.Second; ; backoff = min(backoff*2, maxBackoff) {
		retry, err := s.post(payload)
		switch {
		case err == nil:
			s.sent.Add(int64(len(batch)))
			return
		case !retry:
			log.Printf("ERROR | Could not send payload: %v", err)
			return
		}
		log.Printf("WARN | Could not send payload, retrying in %s: %v", backoff, err)
		// the wait of up to two minutes must not count as stuck
		s.lastLoop.Store(time.Now().Add(backoff).UnixNano())
		select {
		case <-time.After(backoff):
		case <-s.stop:
			// the last attempt failed: an agent that stops does not wait for the intake
			return
		}
	}
}

func (s *sender) encode(batch []entry) ([]byte, error) {
	var buffer bytes.Buffer
	writer, err := gzip.NewWriterLevel(&buffer, s.settings.compressionLevel)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(writer).Encode(batch); err != nil {
		return nil, err
	}
	err = writer.Close()
	return buffer.Bytes(), err
}

// post sends a payload once. retry reports whether the same payload may succeed later.
func (s *sender) post(payload []byte) (retry bool, err error) {
	request, err := http.NewRequest(http.MethodPost, s.settings.intake.JoinPath("/api/v2/logs").String(), bytes.NewReader(payload))
	if err != nil {
		return false, err
	}
	request.Header.Set("DD-API-KEY", s.settings.apiKey)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Content-Encoding", "gzip")
	request.Header.Set("User-Agent", "datadog-agent/"+version)
	response, err := s.client.Do(request)
	if err != nil {
		return true, err
	}
	defer response.Body.Close()
	if response.StatusCode < 300 {
		return false, nil
	}
	answer, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
	retry = !slices.Contains([]int{400, 401, 403, 413}, response.StatusCode)
	return retry, fmt.Errorf("failed to post http payload. code=%d response=%q", response.StatusCode, answer)
}
