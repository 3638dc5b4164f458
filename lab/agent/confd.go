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

// conf is a conf.yaml: log sources, and the instances of the check that the folder is named after.
type conf struct {
	InitConfig map[string]any `yaml:"init_config"`
	Instances  []map[string]any
	Logs       []source
}

// readConfd reads the log sources and the checks of a conf.d. It skips and logs an invalid file, as the vendor's agent does.
func readConfd(folder string) (sources []source, checks []*instance) {
	for _, file := range confFiles(folder) {
		integration := strings.TrimSuffix(filepath.Base(filepath.Dir(file)), ".d")
		found, err := readConf(file)
		var configured []*instance
		if err == nil {
			configured, err = configure(integration, found)
		}
		if err != nil {
			log.Printf("ERROR | %s: %v", file, err)
			continue
		}
		checks = append(checks, configured...)
		for _, s := range found.Logs {
			s.Integration = integration
			s.state = newState("Pending")
			sources = append(sources, s)
		}
	}
	return sources, checks
}

func readConf(file string) (found conf, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return found, err
	}
	return found, decodeStrictly(data, &found)
}

// decodeStrictly refuses fields that this stand-in does not implement.
func decodeStrictly(data []byte, into any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
