package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// watch holds one watch open on a connection of its own, and opens it again where it left off when it ends.
func (c *client) watch(ctx context.Context, out *output, id int) {
	if !c.ready(ctx) {
		return
	}
	subject := strconv.Itoa(id)
	version := ""
	for ctx.Err() == nil {
		via := c.transport(c.admin, false)
		via.ResponseHeaderTimeout = patience
		err := c.follow(ctx, via, &version, func(what string, number int) {
			out.tell(event{Kind: "watch", At: now(), Subject: subject, What: what, Number: number})
		})
		if ctx.Err() == nil {
			out.tell(event{Kind: "watch", At: now(), Subject: subject, What: "end", Error: brief(err)})
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func (c *client) follow(ctx context.Context, via *http.Transport, version *string, tell func(string, int)) error {
	path := c.url("/api/v1/namespaces/" + c.config.Namespace + "/configmaps")
	if *version == "" {
		limited, cancel := context.WithTimeout(ctx, patience)
		body, err := get(limited, via, path+"?limit=1")
		cancel()
		if err != nil {
			return err
		}
		var list struct {
			Metadata struct{ ResourceVersion string }
		}
		if err := json.Unmarshal(body, &list); err != nil {
			return err
		}
		*version = list.Metadata.ResourceVersion
	}
	url := fmt.Sprintf("%s?watch=1&allowWatchBookmarks=true&resourceVersion=%s", path, *version)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: via}).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	tell("open", 0)
	events := json.NewDecoder(answer.Body)
	for {
		var seen struct {
			Type   string
			Object struct {
				Metadata struct{ Name, ResourceVersion string }
				Message  string
			}
		}
		if err := events.Decode(&seen); err != nil {
			return err
		}
		if seen.Type == "ERROR" {
			*version = "" // too old by now, most likely: from the present on
			return errors.New(seen.Object.Message)
		}
		*version = seen.Object.Metadata.ResourceVersion
		if number, ours := strings.CutPrefix(seen.Object.Metadata.Name, c.config.Run+"-"); ours && seen.Type == "ADDED" {
			n, _ := strconv.Atoi(number)
			tell("event", n)
		}
	}
}
