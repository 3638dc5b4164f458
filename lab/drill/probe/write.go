package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// How long one try of a write may take, how long it is tried for, and the pause between two tries.
const (
	writePatience = 5 * time.Second
	writeFor      = 30 * time.Second
	writePause    = 20 * time.Millisecond
)

var errExists = errors.New("409 Conflict")

// write creates a ConfigMap time and again, each with a name of its own, and tries each until it is acknowledged. One that
// exists already when it is tried again had been written without a word of it.
func (c *client) write(ctx context.Context, out *output) {
	if !c.ready(ctx) {
		return
	}
	via := c.transport(c.admin, true)
	var underWay sync.WaitGroup
	number := 0
	every(ctx, c.config.WriteEvery, func() {
		number++
		id := number
		underWay.Go(func() {
			start := time.Now()
			result := event{Kind: "write", Number: id}
			var err error
			for time.Since(start) < writeFor {
				result.Tries++
				err = c.create(via, id)
				if errors.Is(err, errExists) && result.Tries > 1 {
					result.Twice = true
					err = nil
				}
				if err == nil || ctx.Err() != nil {
					break
				}
				time.Sleep(writePause)
			}
			result.At, result.Took = since(start)
			result.Error = brief(err)
			out.tell(result)
		})
	})
	underWay.Wait()
}

func (c *client) create(via *http.Transport, id int) error {
	limited, cancel := context.WithTimeout(context.Background(), writePatience)
	defer cancel()
	body := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s-%d"},"data":{"number":"%d"}}`,
		c.config.Run, id, id)
	path := "/api/v1/namespaces/" + c.config.Namespace + "/configmaps"
	request, err := http.NewRequestWithContext(limited, http.MethodPost, c.url(path), strings.NewReader(body))
	if err != nil {
		return err
	}
	// the body cannot be had again, so that a retry is never made behind our back
	request.GetBody = nil
	request.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{Transport: via}).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	switch answer.StatusCode {
	case http.StatusCreated:
		return nil
	case http.StatusConflict:
		return errExists
	default:
		return errors.New(answer.Status)
	}
}
