package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

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
		result := event{Kind: "write", Number: int(number.Add(1))}
		start := time.Now()
		var err error
		for time.Since(start) < writeFor {
			result.Tries++
			err = c.create(via, result.Number)
			if err == errConflict && result.Tries > 1 {
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
		tell(result)
	})
}

func (c *client) create(via *http.Transport, number int) error {
	limited, cancel := context.WithTimeout(context.Background(), writePatience)
	defer cancel()
	body := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s-%d"}}`, c.config.Run, number)
	answer, err := c.send(limited, via, http.MethodPost, c.configMaps(), body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

func (c *client) configMaps() string {
	return "/api/v1/namespaces/" + c.config.Namespace + "/configmaps"
}
