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
func (c *client) watch(ctx context.Context, id int) {
	subject := strconv.Itoa(id)
	version := ""
	for ctx.Err() == nil {
		err := c.follow(ctx, &version, func(what string, number int) {
			tell(event{Kind: "watch", Subject: subject, What: what, Number: number})
		})
		if ctx.Err() == nil {
			tell(event{Kind: "watch", Subject: subject, What: "end", Error: brief(err)})
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func (c *client) follow(ctx context.Context, version *string, tell func(string, int)) error {
	via := c.transport(c.admin, false)
	via.ResponseHeaderTimeout = patience
	if *version == "" {
		var list struct {
			Metadata struct{ ResourceVersion string }
		}
		if err := c.get(ctx, via, c.configMaps()+"?limit=1", &list); err != nil {
			return err
		}
		*version = list.Metadata.ResourceVersion
	}
	path := fmt.Sprintf("%s?watch=1&allowWatchBookmarks=true&resourceVersion=%s", c.configMaps(), *version)
	answer, err := c.send(ctx, via, http.MethodGet, path, "")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
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
