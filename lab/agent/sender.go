package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
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

// counters are what the status shows of the sender.
type counters struct {
	bytesSent, encodedBytesSent, logsProcessed, logsSent, logsTruncated, retries, retryNanoseconds atomic.Int64
}

// sender batches logs and posts them to the intake, in order; what the intake refuses is dropped, what fails is retried.
type sender struct {
	settings settings
	queue    chan entry
	done     chan struct{}
	stop     chan struct{}
	client   *http.Client
	counters counters
	// when the loop of run last came round, in nanoseconds since 1970
	beat atomic.Int64
}

// A sender whose loop has not come round for so long does not work; waiting for an intake that is away is no illness.
const stuckAfter = time.Minute

func (s *sender) stuck() bool {
	beat := s.beat.Load()
	return beat != 0 && time.Since(time.Unix(0, beat)) > stuckAfter
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

// take is called by every listener; a full queue holds them up.
func (s *sender) take(from source, message string) {
	s.counters.logsProcessed.Add(1)
	s.queue <- entry{
		Message:   strings.ToValidUTF8(message, "\uFFFD"),
		Status:    "info",
		Timestamp: time.Now().UnixMilli(),
		Hostname:  s.settings.hostname,
		Service:   from.Service,
		Source:    from.Source,
		Tags:      strings.Join(append(append([]string{}, from.Tags...), s.settings.tags...), ","),
	}
}

// run sends until finish is called, and then what is left.
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
		s.beat.Store(time.Now().UnixNano())
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

// finish sends what is left, for a few seconds at most.
func (s *sender) finish() {
	close(s.stop)
	select {
	case <-s.done:
	case <-time.After(5 * time.Second):
	}
}

func (s *sender) deliver(batch []entry) {
	plain, err := json.Marshal(batch)
	if err != nil {
		log.Printf("ERROR | cannot encode logs: %v", err)
		return
	}
	payload := s.encode(plain)
	for backoff := time.Second; ; backoff = min(backoff*2, maxBackoff) {
		err := s.post(payload)
		if err == nil {
			s.counters.logsSent.Add(int64(len(batch)))
			s.counters.bytesSent.Add(int64(len(plain)))
			s.counters.encodedBytesSent.Add(int64(len(payload)))
			return
		}
		var refused *refusedError
		if errors.As(err, &refused) {
			log.Printf("ERROR | Could not send payload: %v", err)
			return
		}
		log.Printf("WARN | Could not send payload, retrying in %s: %v", backoff, err)
		s.counters.retries.Add(1)
		began := time.Now()
		// a wait of up to two minutes is no standstill
		s.beat.Store(began.Add(backoff).UnixNano())
		select {
		case <-time.After(backoff):
		case <-s.stop:
			// a last attempt was made; an agent that ends cannot wait for the intake
			return
		}
		s.counters.retryNanoseconds.Add(int64(time.Since(began)))
	}
}

func (s *sender) encode(plain []byte) []byte {
	if !s.settings.compress {
		return plain
	}
	var buffer bytes.Buffer
	writer, err := gzip.NewWriterLevel(&buffer, s.settings.compressionLevel)
	if err != nil {
		writer = gzip.NewWriter(&buffer)
	}
	_, _ = writer.Write(plain)
	_ = writer.Close()
	return buffer.Bytes()
}

// refusedError: the intake will not take this payload, however often it is sent.
type refusedError struct {
	status   int
	response string
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("failed to post http payload. code=%d response=%q", e.status, e.response)
}

func (s *sender) post(payload []byte) error {
	request, err := http.NewRequest(http.MethodPost, s.settings.intake.url(), bytes.NewReader(payload))
	if err != nil {
		return err
	}
	request.Header.Set("DD-API-KEY", s.settings.apiKey)
	request.Header.Set("DD-EVP-ORIGIN", "agent")
	request.Header.Set("DD-EVP-ORIGIN-VERSION", version)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "datadog-agent/"+version)
	if s.settings.compress {
		request.Header.Set("Content-Encoding", "gzip")
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
	switch {
	case response.StatusCode < 300:
		return nil
	case response.StatusCode == 400 || response.StatusCode == 401 || response.StatusCode == 403 || response.StatusCode == 413:
		return &refusedError{response.StatusCode, string(answer)}
	default:
		return fmt.Errorf("the intake answered %d: %q", response.StatusCode, answer)
	}
}
