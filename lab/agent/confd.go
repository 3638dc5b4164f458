package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// source is one entry of a conf.yaml's `logs:`.
type source struct {
	Integration string `yaml:"-"`
	Type        string
	Port        int
	Service     string
	Source      string
	Tags        []string
	AllowedIPs  []string `yaml:"allowed_ips"`
	state       *state
}

// confFiles are the NAME.d/*.yaml of a conf.d.
func confFiles(folder string) []string {
	files, _ := filepath.Glob(filepath.Join(folder, "*.d", "*.yaml"))
	return files
}

// copyCustomFiles does what the image does at its start: what is mounted goes to the agent's own conf.d, where files of an
// earlier start may lie.
func copyCustomFiles(from, to string) error {
	for _, file := range confFiles(from) {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(file, from))
		fmt.Printf("'%s' -> '%s'\n", file, target)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// readConfd collects the log sources of a conf.d. A file that is wrong is left out and logged, as by the vendor's agent.
func readConfd(folder string) []source {
	var sources []source
	for _, file := range confFiles(folder) {
		found, err := readConf(file)
		if err != nil {
			log.Printf("ERROR | %s: %v", file, err)
		}
		for _, s := range found {
			s.Integration = strings.TrimSuffix(filepath.Base(filepath.Dir(file)), ".d")
			s.state = newState("Pending")
			sources = append(sources, s)
		}
	}
	return sources
}

func readConf(file string) ([]source, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var conf struct{ Logs []source }
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	// what this stand-in does not serve is refused
	decoder.KnownFields(true)
	if err := decoder.Decode(&conf); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return conf.Logs, nil
}
