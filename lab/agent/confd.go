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

// source is one entry of `logs:` in a conf.yaml.
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

// confFiles lists the files NAME.d/*.yaml of a conf.d.
func confFiles(folder string) []string {
	files, _ := filepath.Glob(filepath.Join(folder, "*.d", "*.yaml"))
	return files
}

// copyCustomFiles copies the mounted files to the agent's conf.d, as the image does at its start. Files of an earlier start may
// exist there.
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

// readConfd reads the log sources of a conf.d. It skips and logs an invalid file, as the vendor's agent does.
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
	// refuse fields that this stand-in does not implement
	decoder.KnownFields(true)
	if err := decoder.Decode(&conf); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return conf.Logs, nil
}
