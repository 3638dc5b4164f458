package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

const dockerSocket = "/var/run/docker.sock"

// docker asks the daemon whose socket is mounted: for the host's name, and for other containers' logs.
type docker struct{ client *http.Client }

func newDocker() docker {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "unix", dockerSocket)
	}
	return docker{&http.Client{Transport: &http.Transport{DialContext: dial}}}
}

func (d docker) get(path string, into any) error {
	response, err := d.client.Get("http://docker" + path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("docker answered %d to %s", response.StatusCode, path)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

func (d docker) hostname() (string, error) {
	var info struct{ Name string }
	err := d.get("/info", &info)
	return info.Name, err
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

// excluder reads the filters of DD_CONTAINER_EXCLUDE: `name:REGEX` and `image:REGEX`.
func excluder(filters []string) func(container) bool {
	var rules []func(container) bool
	for _, filter := range filters {
		kind, pattern, _ := strings.Cut(filter, ":")
		expression, err := regexp.Compile(pattern)
		switch {
		case err != nil:
			log.Printf("WARN | Invalid container filter %q: %v", filter, err)
		case kind == "name":
			rules = append(rules, func(c container) bool { return expression.MatchString(c.name()) })
		case kind == "image":
			rules = append(rules, func(c container) bool { return expression.MatchString(c.Image) })
		default:
			log.Printf("WARN | Container filter %q is unknown, ignoring it. The supported filters are 'image', 'name' and 'kube_namespace'", filter)
		}
	}
	return func(c container) bool {
		for _, rule := range rules {
			if rule(c) {
				return true
			}
		}
		return false
	}
}

// collectAll follows the logs of every container that is not excluded.
func (d docker) collectAll(state *sourceState, exclude func(container) bool, take func(source, string)) {
	followed := map[string]bool{}
	ended := make(chan string)
	for {
		var containers []container
		if err := d.get("/containers/json", &containers); err != nil {
			state.set("Error: " + err.Error())
		} else {
			state.set("OK")
		}
		for _, c := range containers {
			if !followed[c.ID] && !exclude(c) {
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
	if err := d.get("/containers/"+c.ID+"/json", &details); err != nil {
		return
	}
	query := fmt.Sprintf("/containers/%s/logs?follow=1&stdout=1&stderr=1&since=%d", c.ID, time.Now().Unix())
	response, err := d.client.Get("http://docker" + query)
	if err != nil {
		return
	}
	defer response.Body.Close()
	short := strings.SplitN(path.Base(c.Image), ":", 2)[0]
	from := source{Service: short, Source: short, Tags: []string{"container_name:" + c.name(), "docker_image:" + c.Image}}
	var stream io.Reader = response.Body
	if !details.Config.Tty {
		stream = demultiplex(response.Body)
	}
	lines := bufio.NewScanner(stream)
	lines.Buffer(make([]byte, 64*1024), maxLine)
	for lines.Scan() {
		takeLine(from, lines.Text(), take)
	}
}

// demultiplex strips the eight-byte headers that Docker puts before each piece of stdout and stderr.
func demultiplex(stream io.Reader) io.Reader {
	reader, writer := io.Pipe()
	go func() {
		header := make([]byte, 8)
		for {
			if _, err := io.ReadFull(stream, header); err != nil {
				writer.CloseWithError(err)
				return
			}
			if _, err := io.CopyN(writer, stream, int64(binary.BigEndian.Uint32(header[4:]))); err != nil {
				writer.CloseWithError(err)
				return
			}
		}
	}()
	return reader
}
