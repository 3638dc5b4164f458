package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

// docker reads other containers' logs from the daemon at the mounted socket.
type docker struct{ client *http.Client }

// clientOf is a client of the HTTP server at a Unix socket.
func clientOf(socket string) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "unix", socket)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial}}
}

// get returns the response's body, which the caller closes.
func (d docker) get(path string) (io.ReadCloser, error) {
	response, err := d.client.Get("http://docker" + path)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("docker answered %d to %s", response.StatusCode, path)
	}
	return response.Body, nil
}

func (d docker) read(path string, into any) error {
	body, err := d.get(path)
	if err != nil {
		return err
	}
	defer body.Close()
	return json.NewDecoder(body).Decode(into)
}

type container struct {
	ID    string `json:"Id"`
	Names []string
	Image string
}

func (c container) name() string {
	if len(c.Names) == 0 {
		return c.ID
	}
	return strings.TrimPrefix(c.Names[0], "/")
}

// collectAll follows the logs of every container whose name is not excluded.
func (d docker) collectAll(state *state, exclude *regexp.Regexp, take func(source, string)) {
	followed := map[string]bool{}
	ended := make(chan string)
	for {
		var containers []container
		if err := d.read("/containers/json", &containers); err != nil {
			state.set("Error: " + err.Error())
		} else {
			state.set("OK")
		}
		for _, c := range containers {
			if !followed[c.ID] && !exclude.MatchString(c.name()) {
				followed[c.ID] = true
				go func() {
					d.follow(c, take)
					ended <- c.ID
				}()
			}
		}
		select {
		case id := <-ended:
			delete(followed, id)
		case <-time.After(5 * time.Second):
		}
	}
}

func (d docker) follow(c container, take func(source, string)) {
	var details struct{ Config struct{ Tty bool } }
	if err := d.read("/containers/"+c.ID+"/json", &details); err != nil {
		return
	}
	logs, err := d.get(fmt.Sprintf("/containers/%s/logs?follow=1&stdout=1&stderr=1&since=%d", c.ID, time.Now().Unix()))
	if err != nil {
		return
	}
	defer logs.Close()
	short := strings.SplitN(path.Base(c.Image), ":", 2)[0]
	from := source{Service: short, Source: short, Tags: []string{"container_name:" + c.name(), "docker_image:" + c.Image}}
	if details.Config.Tty {
		takeLines(logs, from, take)
	} else {
		takeLines(demultiplex(logs), from, take)
	}
}

// demultiplex removes the eight-byte headers that Docker adds to each piece of stdout and stderr.
func demultiplex(stream io.Reader) io.Reader {
	reader, writer := io.Pipe()
	go func() {
		header := make([]byte, 8)
		for {
			_, err := io.ReadFull(stream, header)
			if err == nil {
				_, err = io.CopyN(writer, stream, int64(binary.BigEndian.Uint32(header[4:])))
			}
			if err != nil {
				writer.CloseWithError(err)
				return
			}
		}
	}()
	return reader
}
